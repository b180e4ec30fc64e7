// Enqueueing and pushing: what each ID is told, and the exact bytes of the answer.
#include "http/api/json.hpp"
#include "service/delivery.hpp"
#include "unit/http_api/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

using ::testing::ElementsAre;

class DeliveryTest : public ::testing::Test {
protected:
    const Command command{CommandUuid{"CMD"}, RequestType{"DeviceInformation"}, "<plist/>"};
    FakeQueue queue;
    FakePusher pusher;
    service::Delivery delivery{queue, pusher};
};

TEST_F(DeliveryTest, EveryIdEnqueuedAndPushed) {
    const auto response = to_response(delivery.enqueue(command, {"B", "A"}, true));
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(response.body, "{\n"
                             "\t\"status\": {\n"
                             "\t\t\"A\": {\n"
                             "\t\t\t\"push_result\": \"apns-A\"\n"
                             "\t\t},\n"
                             "\t\t\"B\": {\n"
                             "\t\t\t\"push_result\": \"apns-B\"\n"
                             "\t\t}\n"
                             "\t},\n"
                             "\t\"command_uuid\": \"CMD\",\n"
                             "\t\"request_type\": \"DeviceInformation\"\n"
                             "}\n");
}

TEST_F(DeliveryTest, NoPushIsSaidAndIdsWithNothingToTellAreLeftOut) {
    const auto response = to_response(delivery.enqueue(command, {"A"}, false));
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, "{\n"
                             "\t\"no_push\": true,\n"
                             "\t\"command_uuid\": \"CMD\",\n"
                             "\t\"request_type\": \"DeviceInformation\"\n"
                             "}\n");
    EXPECT_THAT(pusher.pushed, ElementsAre());
}

TEST_F(DeliveryTest, OneUnknownIdDoesNotStopTheOthers) {
    queue.outcomes = {{"GONE", EnqueueOutcome::enrollment_not_found},
                      {"OFF", EnqueueOutcome::enrollment_disabled}};
    const auto outcome = delivery.enqueue(command, {"A", "GONE", "OFF", std::string(300, 'x'), ""}, true);
    EXPECT_EQ(outcome.status.at("GONE").command_error, "enrollment not found");
    EXPECT_EQ(outcome.status.at("OFF").command_error, "enrollment not found");
    EXPECT_EQ(outcome.status.at(std::string(300, 'x')).command_error, "enrollment not found");
    EXPECT_EQ(outcome.status.at("").command_error, "enrollment not found");
    EXPECT_THAT(pusher.pushed, ElementsAre("A"));
    EXPECT_EQ(to_response(outcome).status, 207U);
}

TEST_F(DeliveryTest, AFinishedUuidIsAnErrorAndAPendingOneIsNot) {
    queue.outcomes = {{"DONE", EnqueueOutcome::uuid_already_used}, {"WAITS", EnqueueOutcome::already_queued}};
    const auto outcome = delivery.enqueue(command, {"DONE", "WAITS"}, true);
    EXPECT_EQ(outcome.status.at("DONE").command_error, "command UUID already used");
    EXPECT_FALSE(outcome.status.at("WAITS").failed());
    EXPECT_THAT(pusher.pushed, ElementsAre("WAITS"));
}

TEST_F(DeliveryTest, AllFailedIs500) {
    queue.outcomes = {{"GONE", EnqueueOutcome::enrollment_not_found}};
    EXPECT_EQ(to_response(delivery.enqueue(command, {"GONE"}, true)).status, 500U);
    pusher.errors = {{"A", "push HTTP status: 400: APNs push error: BadDeviceToken"}};
    EXPECT_EQ(to_response(delivery.push({"A"})).status, 500U);
    EXPECT_EQ(to_response(delivery.push({"A", "B"})).status, 207U);
}

TEST_F(DeliveryTest, WhenNothingCanBePushedTheCommandStaysQueued) {
    pusher.down = true;
    const auto outcome = delivery.enqueue(command, {"A"}, true);
    EXPECT_EQ(outcome.push_error, "nothing could be pushed; the server's log says why");
    EXPECT_EQ(queue.enqueued.size(), 1U);
    EXPECT_EQ(to_response(outcome).status, 500U);
}

TEST_F(DeliveryTest, ARepeatedIdCountsOnce) {
    EXPECT_EQ(delivery.push({"A", "A"}).status.size(), 1U);
    EXPECT_THAT(pusher.pushed, ElementsAre("A"));
}

TEST_F(DeliveryTest, BytesThatAreNoTextDoNotBreakTheAnswer) {
    const auto response = to_response(delivery.push({"\xff\xfe"}));
    EXPECT_EQ(response.status, 500U);
    EXPECT_NE(response.body.find("enrollment not found"), std::string::npos);
}

} // namespace
} // namespace nanomdm::http
