// Which operations record the webhook's event, with their effect and never without it.
#include "contract/storage_contract.hpp"

#include <nlohmann/json.hpp>

namespace nanomdm::contract {
namespace {

using Json = nlohmann::json;
using std::string;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");

std::vector<Json> bodies(const OutboxLane& lane) {
    std::vector<Json> all;
    for (const auto& event : lane.events) all.push_back(Json::parse(event.event.body));
    return all;
}

TEST_P(OutboxRecordingContract, EffectsAreRecordedInTheirOrder) {
    storage().store_authenticate(stamped(authenticate(mac), "1"), "pem");
    storage().store_token_update(stamped(token_update(mac), "2"));
    storage().store_bootstrap_token(stamped(set_bootstrap_token(mac, "token"), "3"));
    enqueue(command("c"), mac);
    storage().store_report(stamped(command_report(mac, "NotNow", "c", "<not now>"), "4"));
    storage().store_report(stamped(command_report(mac, "Acknowledged", "c", "<done>"), "5"));
    storage().store_token_update(stamped(token_update(mac), "6"));
    storage().store_check_out(stamped(check_out(mac), "7"));

    const auto lane = lease_one(mac.id);
    EXPECT_THAT(event_ids(lane), ElementsAre("1", "2", "3", "4", "5", "6", "7"));
    const auto events = bodies(lane);
    EXPECT_EQ(lane.events[0].event.topic, "mdm.Authenticate");
    EXPECT_EQ(events[0]["topic"], "mdm.Authenticate");
    EXPECT_EQ(events[1]["checkin_event"]["token_update_tally"], 1);
    EXPECT_EQ(events[2]["topic"], "mdm.SetBootstrapToken");
    EXPECT_EQ(events[3]["acknowledge_event"]["status"], "NotNow");
    EXPECT_EQ(events[4]["acknowledge_event"]["command_uuid"], "c");
    EXPECT_EQ(events[5]["checkin_event"]["token_update_tally"], 2);
    EXPECT_EQ(events[6]["topic"], "mdm.CheckOut");
}

TEST_P(OutboxRecordingContract, AUserChannelHasALaneOfItsOwn) {
    enroll(mac);
    storage().store_user_authenticate(stamped(user_authenticate(anna, "<first>", ""), "1"));
    storage().store_user_authenticate(stamped(user_authenticate(anna, "<second>", "digest"), "2"));
    storage().store_token_update(stamped(token_update(anna), "3"));
    storage().store_bootstrap_token(stamped(set_bootstrap_token(anna, "token"), "4"));
    storage().store_check_out(stamped(check_out(anna), "5"));
    EXPECT_THAT(event_ids(lease_one(anna.id)), ElementsAre("1", "2", "3", "4", "5"));
    EXPECT_THAT(lease(), IsEmpty());
}

TEST_P(OutboxRecordingContract, WhatHasNoStampIsNotRecorded) {
    enroll(mac);
    enqueue(command("c"), mac);
    report(mac, command("c"), "Acknowledged");
    storage().store_user_authenticate(user_authenticate(anna, "<first>", ""));
    storage().store_bootstrap_token(set_bootstrap_token(mac, "token"));
    storage().store_check_out(check_out(mac));
    EXPECT_EQ(outbox().outbox_state().waiting, 0U);
}

TEST_P(OutboxRecordingContract, AMessageWithoutAnEffectIsRecorded) {
    const auto stranger = device("STRANGER");
    storage().store_check_out(stamped(check_out(stranger), "1"));
    EXPECT_FALSE(storage().store_report(stamped(command_report(stranger, "Error", "c", "<report>"), "2")));
    EXPECT_THAT(event_ids(lease_one(stranger.id)), ElementsAre("1", "2"));

    enroll(mac);
    enqueue(command("c"), mac);
    EXPECT_FALSE(storage().store_report(stamped(command_report(mac, "Error", "unknown", "<report>"), "3")));
    auto without_uuid = stamped(command_report(mac, "Error", "c", "<report>"), "4");
    without_uuid.command_uuid.reset();
    EXPECT_FALSE(storage().store_report(without_uuid));
    report(mac, command("c"), "Acknowledged");
    EXPECT_TRUE(storage().store_report(stamped(command_report(mac, "NotNow", "c", "<late>"), "5")));
    EXPECT_THAT(event_ids(lease_one(mac.id)), ElementsAre("3", "4", "5"));
}

TEST_P(OutboxRecordingContract, WhatThrowsIsNotRecorded) {
    EXPECT_THROW(storage().store_token_update(stamped(token_update(mac), "1")), Error);
    EXPECT_THROW(storage().store_user_authenticate(stamped(user_authenticate(anna, "<first>", ""), "2")),
                 Error);
    EXPECT_THROW(storage().store_bootstrap_token(stamped(set_bootstrap_token(mac, "token"), "3")), Error);
    EXPECT_EQ(outbox().outbox_state().waiting, 0U);
}

TEST_P(OutboxRecordingContract, AStampTravelsInTheEvent) {
    auto message = authenticate(mac, "<raw é>");
    message.event = EventStamp{.id = "the-id",
                               .created_at = TimePoint{std::chrono::milliseconds{1'700'000'000'250}},
                               .url_params = {{"tenant", "a b"}}};
    storage().store_authenticate(message, "pem");
    const auto lane = lease_one(mac.id);
    ASSERT_THAT(lane.events, SizeIs(1));
    EXPECT_EQ(lane.events[0].event.created_at, message.event->created_at);
    const auto body = bodies(lane)[0];
    EXPECT_EQ(body["event_id"], "the-id");
    EXPECT_EQ(body["created_at"], "2023-11-14T22:13:20.250Z");
    EXPECT_EQ(body["checkin_event"]["url_params"]["tenant"], "a b");
}

TEST_P(OutboxRecordingContract, ConcurrentTokenUpdatesAreRecordedInTheOrderOfTheirTallies) {
    storage().store_authenticate(authenticate(mac), "pem");
    in_parallel(8, [&](int thread) {
        for (int i = 0; i < 10; ++i) {
            storage().store_token_update(
                stamped(token_update(mac), std::to_string(thread) + "-" + std::to_string(i)));
        }
    });
    const auto events = bodies(lease_one(mac.id));
    ASSERT_THAT(events, SizeIs(80));
    for (int i = 0; i < 80; ++i)
        EXPECT_EQ(events[static_cast<std::size_t>(i)]["checkin_event"]["token_update_tally"], i + 1);
}

} // namespace
} // namespace nanomdm::contract
