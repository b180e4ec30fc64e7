// What each message does to the storage, on the in-memory one.
#include "service/core.hpp"

#include "contract/samples.hpp"
#include "storage/inmem/inmem_storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::service {
namespace {

using namespace contract;
using std::string;
using testing::Optional;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");

class CoreTest : public testing::Test {
protected:
    void enroll(const Enrollment& one) {
        core.authenticate(signed_request, authenticate(one));
        core.token_update(signed_request, token_update(one));
    }
    void enqueue(const std::vector<Command>& all) {
        for (const auto& one : all) storage.enqueue(one, std::vector{mac.id});
    }
    /// @return the UUID of the command in the answer, "" when there is none.
    string answer_to(const CommandReport& report) {
        const auto command = core.command_report(signed_request, report);
        return command ? command->uuid.str() : "";
    }
    string answer_to(const string& status, const string& uuid) {
        return answer_to(command_report(mac, status, uuid, "<" + status + ">"));
    }
    static CommandReport idle() {
        auto report = command_report(mac, "Idle", "-", "<idle>");
        report.command_uuid.reset();
        return report;
    }
    template <class Call> static Errc error_of(Call call) {
        try {
            call();
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "no error";
        return Errc::internal;
    }

    storage::InMemStorage storage;
    Core core{storage, storage, storage, {}};
    Core core_with_challenge{
        storage, storage, storage, {.user_authenticate_zero_length_digest_challenge = true}};
    Request signed_request{std::make_shared<IdentityCertificate>(certificate(1)), {}, "0123456789abcdef"};
};

TEST_F(CoreTest, AuthenticateKeepsTheIdentityCertificate) {
    core.authenticate(signed_request, authenticate(mac, "<raw>"));
    EXPECT_THAT(storage.identity_pem(mac.id), Optional(string{"pem 1"}));
    EXPECT_THAT(storage.messages(mac.id).authenticate, Optional(string{"<raw>"}));
    EXPECT_FALSE(storage.enrollment(mac.id)->enabled);
}

TEST_F(CoreTest, MigratedAuthenticateNeedsNoCertificate) {
    core.authenticate(Request{}, authenticate(mac));
    EXPECT_FALSE(storage.identity_pem(mac.id));
    EXPECT_EQ(core.token_update(Request{}, token_update(mac)), 1);
}

TEST_F(CoreTest, TokenUpdateAnswersWithTheTally) {
    core.authenticate(signed_request, authenticate(mac));
    EXPECT_EQ(core.token_update(signed_request, token_update(mac)), 1);
    EXPECT_EQ(core.token_update(signed_request, token_update(mac)), 2);
    EXPECT_TRUE(storage.enrollment(mac.id)->enabled);
}

TEST_F(CoreTest, TokenUpdateWithoutAuthenticateIsInvalid) {
    EXPECT_EQ(error_of([&] { core.token_update(signed_request, token_update(mac)); }), Errc::invalid);
}

TEST_F(CoreTest, CheckOutDisables) {
    enroll(mac);
    core.check_out(signed_request, check_out(mac));
    EXPECT_FALSE(storage.enrollment(mac.id)->enabled);
}

TEST_F(CoreTest, UserAuthenticateIsDeclinedAndNotStored) {
    enroll(mac);
    EXPECT_EQ(core.user_authenticate(signed_request, user_authenticate(anna, "<first>", "")),
              UserAuthenticateAnswer::declined);
    EXPECT_FALSE(storage.messages(anna.id).user_authenticate);
    EXPECT_FALSE(storage.enrollment(anna.id));
}

TEST_F(CoreTest, UserAuthenticateIsChallengedThenAccepted) {
    enroll(mac);
    EXPECT_EQ(core_with_challenge.user_authenticate(signed_request, user_authenticate(anna, "<first>", "")),
              UserAuthenticateAnswer::challenge);
    EXPECT_EQ(
        core_with_challenge.user_authenticate(signed_request, user_authenticate(anna, "<second>", "digest")),
        UserAuthenticateAnswer::accepted);
    EXPECT_THAT(storage.messages(anna.id).user_authenticate, Optional(string{"<first>"}));
    EXPECT_THAT(storage.messages(anna.id).user_authenticate_digest, Optional(string{"<second>"}));
}

TEST_F(CoreTest, UserAuthenticateWithADigestIsAcceptedThoughChallengesAreOffSince) {
    enroll(mac);
    EXPECT_EQ(core.user_authenticate(signed_request, user_authenticate(anna, "<second>", "digest")),
              UserAuthenticateAnswer::accepted);
    EXPECT_THAT(storage.messages(anna.id).user_authenticate_digest, Optional(string{"<second>"}));
}

TEST_F(CoreTest, UserAuthenticateWithoutAUserIsInvalid) {
    enroll(mac);
    EXPECT_EQ(error_of([&] {
                  core_with_challenge.user_authenticate(signed_request,
                                                        user_authenticate(mac, "<first>", ""));
              }),
              Errc::invalid);
    EXPECT_FALSE(storage.messages(mac.id).user_authenticate);
}

TEST_F(CoreTest, BootstrapTokenIsTheDevicesWhicheverChannelSendsIt) {
    enroll(mac);
    EXPECT_FALSE(core.bootstrap_token(signed_request, {check_out(mac)}));
    core.set_bootstrap_token(signed_request, {check_out(anna), "escrowed"});
    EXPECT_THAT(core.bootstrap_token(signed_request, {check_out(mac)}), Optional(string{"escrowed"}));
    EXPECT_THAT(core.bootstrap_token(signed_request, {check_out(anna)}), Optional(string{"escrowed"}));
    core.set_bootstrap_token(signed_request, {check_out(mac), ""});
    EXPECT_FALSE(core.bootstrap_token(signed_request, {check_out(mac)}));
}

TEST_F(CoreTest, DeclarativeManagementIsNotConfigured) {
    EXPECT_EQ(error_of([&] {
                  core.declarative_management(signed_request, {check_out(mac), "tokens", ""});
              }),
              Errc::not_configured);
}

TEST_F(CoreTest, NoTokenTypeIsServed) {
    EXPECT_EQ(error_of([&] {
                  core.token(signed_request, {check_out(mac), "com.apple.maid"});
              }),
              Errc::invalid);
}

TEST_F(CoreTest, IdleFetchesAndOnlyTouchesLastSeen) {
    enroll(mac);
    const auto seen = storage.enrollment(mac.id)->last_seen_at.value();
    while (std::chrono::system_clock::now() <= seen) {
    }
    EXPECT_EQ(answer_to(idle()), "");
    EXPECT_GT(storage.enrollment(mac.id)->last_seen_at, seen);
    EXPECT_EQ(core.unknown_reports(), 0U);
    enqueue(commands("c", 2));
    EXPECT_EQ(answer_to(idle()), "c1");
    EXPECT_EQ(answer_to(idle()), "c1") << "asking does not finish";
}

TEST_F(CoreTest, ReportsAreStoredBeforeTheNextCommandIsPicked) {
    enroll(mac);
    enqueue(commands("c", 3));
    EXPECT_EQ(answer_to("Acknowledged", "c1"), "c2");
    EXPECT_EQ(answer_to("Error", "c2"), "c3");
    EXPECT_EQ(answer_to("CommandFormatError", "c3"), "");
    EXPECT_EQ(storage.result(mac.id, CommandUuid{"c2"})->raw, "<Error>");
}

TEST_F(CoreTest, ReportsTouchLastSeen) {
    enroll(mac);
    const auto seen = storage.enrollment(mac.id)->last_seen_at.value();
    while (std::chrono::system_clock::now() <= seen) {
    }
    answer_to("Acknowledged", "unknown");
    EXPECT_GT(storage.enrollment(mac.id)->last_seen_at, seen);
}

TEST_F(CoreTest, NotNowPassesOverUntilTheExchangeEnds) {
    enroll(mac);
    enqueue(commands("c", 2));
    EXPECT_EQ(answer_to("NotNow", "c1"), "c2");
    EXPECT_EQ(answer_to("NotNow", "c2"), "");
    EXPECT_EQ(answer_to(idle()), "c1");
    EXPECT_EQ(answer_to("NotNow", "c1"), "");
    EXPECT_EQ(answer_to("Acknowledged", "c2"), "c1") << "after any other status they are candidates again";
}

TEST_F(CoreTest, UnknownReportsAreCountedAndTheQueueGoesOn) {
    enroll(mac);
    enqueue(commands("c", 1));
    EXPECT_EQ(answer_to("Acknowledged", "never enqueued"), "c1");
    auto nameless = command_report(mac, "Error", "-", "<error>");
    nameless.command_uuid.reset();
    EXPECT_EQ(answer_to(nameless), "c1");
    EXPECT_EQ(core.unknown_reports(), 2U);

    core.authenticate(signed_request, authenticate(mac));
    EXPECT_EQ(answer_to("Acknowledged", "c1"), "") << "cleared";
    EXPECT_EQ(core.unknown_reports(), 3U);
}

TEST_F(CoreTest, RepeatedReportsAreKnown) {
    enroll(mac);
    enqueue(commands("c", 2));
    EXPECT_EQ(answer_to("Acknowledged", "c1"), "c2");
    EXPECT_EQ(answer_to("Acknowledged", "c1"), "c2");
    EXPECT_EQ(core.unknown_reports(), 0U);
}

TEST_F(CoreTest, ADisabledEnrollmentIsStillServed) {
    enroll(mac);
    enqueue(commands("c", 2));
    core.check_out(signed_request, check_out(mac));
    EXPECT_EQ(answer_to("Acknowledged", "c1"), "c2");
}

/// A queue that cannot be reached.
class UnreachableQueue final : public QueueStore {
public:
    std::vector<EnqueueOutcome> enqueue(const Command&, std::span<const EnrollmentId>) override { fail(); }
    bool store_report(const CommandReport&) override { fail(); }
    std::optional<Command> next_command(const EnrollmentId&, NotNow) override {
        ADD_FAILURE() << "picked a command though the report was not stored";
        return std::nullopt;
    }
    std::optional<StoredResult> result(const EnrollmentId&, const CommandUuid&) override { fail(); }

private:
    [[noreturn]] static void fail() { throw Error{Errc::unavailable, "unreachable"}; }
};

TEST_F(CoreTest, AReportThatCannotBeStoredGetsNoCommand) {
    UnreachableQueue queue;
    Core unlucky{storage, storage, queue, {}};
    EXPECT_EQ(error_of([&] {
                  unlucky.command_report(signed_request, command_report(mac, "Acknowledged", "c", "<raw>"));
              }),
              Errc::unavailable);
    EXPECT_EQ(unlucky.unknown_reports(), 0U);
}

} // namespace
} // namespace nanomdm::service
