// Taking over queues: order, answers, and commands that several enrollments share.
#include "contract/imports.hpp"
#include "contract/storage_contract.hpp"

namespace nanomdm::contract {
namespace {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ImportQueueContract);

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;
using Outcome = ImportOutcome::Enrollment;

const Enrollment mac = device("A1B2");
const Enrollment other = device("C3D4");

ImportedEnrollment with_queue(const Enrollment& enrollment, unsigned certificate,
                              std::vector<ImportedCommand> commands) {
    auto imported = imported_device(enrollment.id.str(), certificate);
    imported.commands = std::move(commands);
    return imported;
}

TEST_P(ImportQueueContract, TheOrderIsKept) {
    std::vector<ImportedCommand> queue;
    std::vector<std::string> order;
    for (int i = 0; i < 60; ++i) { // neither by name nor by time
        const Command one = command("uuid " + std::to_string((i * 37) % 60));
        queue.push_back(i % 5 == 0 ? not_now(one, i + 1) : pending(one));
        queue.back().enqueued_at = at_second(1'690'000'000 - i);
        order.push_back(one.uuid.str());
    }
    EXPECT_EQ(import(with_queue(mac, 1, queue)).commands, 60U);
    (void)reopen();
    EXPECT_EQ(enqueue(command("later"), mac), EnqueueOutcome::queued);
    order.push_back("later");
    EXPECT_THAT(drain(mac), ElementsAreArray(order));
}

TEST_P(ImportQueueContract, AnswersOfNotNowAreKept) {
    (void)import(with_queue(mac, 1, {not_now(command("1"), 3), pending(command("2"))}));
    for (int again = 0; again < 2; ++again) {
        EXPECT_EQ(next(mac), "1");
        EXPECT_EQ(next(mac, NotNow::passed_over), "2");
        const auto result = storage().result(mac.id, CommandUuid{"1"});
        ASSERT_TRUE(result);
        EXPECT_EQ(result->status.str(), "NotNow");
        EXPECT_EQ(result->raw, "<not now>");
        EXPECT_EQ(result->not_now_tally, 3);
        EXPECT_EQ(result->first_not_now_at, at_second(1'690'000'500));
        if (!reopen()) break;
    }
    EXPECT_TRUE(report(mac, command("1"), "NotNow"));
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"1"})->not_now_tally, 4);
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"1"})->first_not_now_at, at_second(1'690'000'500));
    EXPECT_THAT(drain(mac), ElementsAre("1", "2"));
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"1"})->not_now_tally, 4);
}

TEST_P(ImportQueueContract, FinishedCommandsAreHistory) {
    auto late = finished(command("3"), "Error");
    late.result->not_now_tally = 2;
    late.result->first_not_now_at = at_second(1'690'000'600);
    const auto outcome = import(
        with_queue(mac, 1, {finished(command("1")), pending(command("2")), late, finished(command("4"))}));
    EXPECT_EQ(outcome.commands, 4U);
    for (int again = 0; again < 2; ++again) {
        EXPECT_EQ(storage().result(mac.id, CommandUuid{"1"})->raw, "<result of 1>");
        EXPECT_EQ(storage().result(mac.id, CommandUuid{"4"})->raw, "<result of 4>");
        const auto third = storage().result(mac.id, CommandUuid{"3"});
        ASSERT_TRUE(third);
        EXPECT_EQ(third->status.str(), "Error");
        EXPECT_EQ(third->not_now_tally, 2);
        EXPECT_EQ(third->first_not_now_at, at_second(1'690'000'600));
        EXPECT_EQ(storage().result(mac.id, CommandUuid{"2"}), std::nullopt);
        EXPECT_EQ(enqueue(command("1"), mac), EnqueueOutcome::uuid_already_used);
        EXPECT_EQ(enqueue(command("2"), mac), EnqueueOutcome::already_queued);
        if (!reopen()) break;
    }
    EXPECT_TRUE(report(mac, command("1"), "Acknowledged", "<again>")) << "a report repeated is known";
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"1"})->raw, "<again>");
    EXPECT_TRUE(report(mac, command("3"), "NotNow")) << "late";
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"3"})->status.str(), "Error");
    EXPECT_THAT(drain(mac), ElementsAre("2"));
}

TEST_P(ImportQueueContract, ClearedCommandsAreUsed) {
    auto answered = not_now(command("2"), 2);
    answered.is_cleared = true;
    EXPECT_EQ(import(with_queue(mac, 1, {cleared(command("1")), answered})).commands, 2U);
    for (int again = 0; again < 2; ++again) {
        EXPECT_EQ(next(mac), "");
        EXPECT_EQ(enqueue(command("1"), mac), EnqueueOutcome::uuid_already_used);
        EXPECT_EQ(enqueue(command("2"), mac), EnqueueOutcome::uuid_already_used);
        EXPECT_FALSE(report(mac, command("1"), "Acknowledged"));
        EXPECT_FALSE(report(mac, command("2"), "Acknowledged"));
        EXPECT_EQ(storage().result(mac.id, CommandUuid{"2"})->not_now_tally, 2);
        EXPECT_EQ(import(with_queue(mac, 1, {cleared(command("1")), answered})).enrollment,
                  Outcome::unchanged);
        if (!reopen()) break;
    }
}

TEST_P(ImportQueueContract, CommandsMayBeShared) {
    const auto shared = command("shared");
    const std::vector all{with_queue(mac, 1, {pending(shared)}),
                          with_queue(other, 2, {finished(shared), pending(command("own"))})};
    for (const auto& outcome : storage().import_enrollments(all, ImportMode::apply))
        EXPECT_THAT(outcome.conflicting_commands, IsEmpty());
    enroll(device("E5"));
    EXPECT_EQ(enqueue(shared, device("E5")), EnqueueOutcome::queued);
    (void)reopen();
    EXPECT_THAT(drain(mac), ElementsAre("shared"));
    EXPECT_THAT(drain(other), ElementsAre("own"));
    EXPECT_THAT(drain(device("E5")), ElementsAre("shared"));
    const Command different{shared.uuid, shared.request_type, "<plist>different</plist>"};
    EXPECT_THROW((void)enqueue(different, mac), Error);
}

TEST_P(ImportQueueContract, ACommandThatIsAnotherHereIsNotTaken) {
    enroll(other);
    EXPECT_EQ(enqueue(command("2"), other), EnqueueOutcome::queued);
    const Command different{CommandUuid{"2"}, RequestType{"Other"}, "<plist>different</plist>"};
    const auto queue = with_queue(mac, 1, {pending(command("1")), pending(different), pending(command("3"))});
    for (const auto expected : {Outcome::imported, Outcome::unchanged}) {
        const auto outcome = import(queue);
        EXPECT_EQ(outcome.enrollment, expected);
        EXPECT_THAT(outcome.conflicting_commands, ElementsAre(CommandUuid{"2"}));
        EXPECT_EQ(outcome.commands, expected == Outcome::imported ? 2U : 0U);
    }
    EXPECT_THAT(drain(mac), ElementsAre("1", "3"));
    EXPECT_THAT(drain(other), ElementsAre("2"));
}

TEST_P(ImportQueueContract, TheDeviceGoesOnWhereItWas) {
    auto queue = with_queue(mac, 1, {not_now(command("1"), 1), pending(command("2")), pending(command("3"))});
    (void)import(queue);
    EXPECT_EQ(storage().next_command(mac.id, NotNow::candidates), command("1"));
    EXPECT_TRUE(report(mac, command("1"), "Acknowledged"));
    EXPECT_EQ(next(mac), "2");
    const auto outcome = import(queue);
    EXPECT_EQ(outcome.enrollment, Outcome::unchanged) << "what is known stays as it is";
    EXPECT_EQ(next(mac), "2");
    queue.commands[1] = finished(command("2"));
    queue.commands.push_back(pending(command("4")));
    const auto more = import(queue);
    EXPECT_EQ(more.enrollment, Outcome::updated);
    EXPECT_EQ(more.commands, 1U);
    EXPECT_EQ(storage().store_token_update(token_update(mac)), 4);
    EXPECT_EQ(import(queue).enrollment, Outcome::enrolled_here);
    EXPECT_THAT(drain(mac), ElementsAre("2", "3", "4")) << "a TokenUpdate clears no queue";
    storage().store_authenticate(authenticate(mac), "");
    EXPECT_EQ(next(mac), "");
}

TEST_P(ImportQueueContract, AnAuthenticateClearsWhatWasImported) {
    (void)import(
        with_queue(mac, 1, {not_now(command("1"), 1), pending(command("2")), finished(command("3"))}));
    storage().store_authenticate(authenticate(mac), "");
    storage().store_token_update(token_update(mac));
    EXPECT_EQ(next(mac), "");
    EXPECT_EQ(enqueue(command("2"), mac), EnqueueOutcome::uuid_already_used);
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"3"})->raw, "<result of 3>");
}

TEST_P(ImportQueueContract, ARepeatedCommandComesOnce) {
    const auto queue = with_queue(
        mac, 1,
        {pending(command("1")), finished(command("2")), pending(command("1")), pending(command("2"))});
    EXPECT_EQ(look(queue).commands, 2U);
    EXPECT_EQ(import(queue).commands, 2U);
    EXPECT_THAT(drain(mac), ElementsAre("1"));
}

TEST_P(ImportQueueContract, WithoutPushDataThereIsNoQueue) {
    auto half = with_queue(mac, 1, {pending(command("1"))});
    half.state.push.reset();
    half.state.enabled = false;
    EXPECT_EQ(import(half).commands, 0U);
    EXPECT_EQ(next(mac), "");
    EXPECT_EQ(import(half).enrollment, Outcome::unchanged);
}

TEST_P(ImportQueueContract, InterruptedAndRepeatedItEndsTheSame) {
    std::vector<ImportedEnrollment> fleet;
    for (unsigned i = 0; i < 40; ++i) {
        const auto number = std::to_string(i);
        fleet.push_back(with_queue(device("D" + number), 100 + i,
                                   {pending(command("shared")), not_now(command("n " + number), 2),
                                    finished(command("f " + number)), cleared(command("c " + number))}));
    }
    const std::span all{fleet};
    (void)storage().import_enrollments(all.first(17), ImportMode::apply);
    (void)reopen();
    const auto outcomes = storage().import_enrollments(all, ImportMode::apply);
    ASSERT_THAT(outcomes, SizeIs(40));
    for (std::size_t i = 0; i < 40; ++i) {
        EXPECT_EQ(outcomes[i].enrollment, i < 17 ? Outcome::unchanged : Outcome::imported);
        EXPECT_EQ(outcomes[i].commands, i < 17 ? 0U : 4U);
        EXPECT_EQ(storage().enrollment(fleet[i].state.enrollment.id), fleet[i].state);
        EXPECT_THAT(drain(fleet[i].state.enrollment), ElementsAre("shared", "n " + std::to_string(i)));
    }
}

} // namespace
} // namespace nanomdm::contract
