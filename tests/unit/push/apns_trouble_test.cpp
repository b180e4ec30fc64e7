// What the client survives once connected: GOAWAY, resets, silence, cuts, strange answers, retries.
#include "unit/push/apns_fixture.hpp"

#include <algorithm>

namespace nanomdm::push {
namespace {

using fake_apns::Reception;
using fake_apns::Reply;
using fake_apns::Seen;
using testing::Test;

using ApnsTroubleTest = ApnsTest;

TEST_F(ApnsTroubleTest, StreamsAboveTheLastIdOfAGoawayAreSentAgainElsewhere) {
    apns.set_latency(60s);
    ApnsClient client{certificates, options};
    auto pushed = start_push(client, 50);
    ASSERT_TRUE(apns.wait_until([](const Seen& seen) { return seen.notifications == 50; }));
    apns.set_latency(0ms);
    apns.goaway(R"({"reason":"Shutdown"})", false);
    EXPECT_TRUE(all_delivered(pushed.get(), 50));
    EXPECT_EQ(apns.seen().notifications, 100U);
    EXPECT_EQ(apns.seen().connections, 2U);
    EXPECT_EQ(client.statistics().goaways.load(), 1U);
}

TEST_F(ApnsTroubleTest, StreamsUpToTheLastIdOfAGoawayFinishWhereTheyAre) {
    apns.set_latency(300ms);
    ApnsClient client{certificates, options};
    auto first = start_push(client, 20);
    ASSERT_TRUE(apns.wait_until([](const Seen& seen) { return seen.notifications == 20; }));
    apns.goaway("", true);
    EXPECT_TRUE(all_delivered(push(client, 1), 1)); // on a new connection
    EXPECT_TRUE(all_delivered(first.get(), 20));
    EXPECT_EQ(apns.seen().notifications, 21U);
    EXPECT_EQ(apns.seen().connections, 2U);
    // The drained connection parts by itself.
    EXPECT_TRUE(apns.wait_until([](const Seen& seen) { return seen.open == 1; }));
}

TEST_F(ApnsTroubleTest, TheReasonOfAGoawayReachesTheCaller) {
    apns.set_reception(Reception::goaway);
    ApnsClient client{certificates, options};
    const auto responses = push(client, 1, 2s);
    EXPECT_EQ(responses[0].status, 0);
    EXPECT_EQ(responses[0].error, "time-out: no answer from APNs; last: APNs closed the connection "
                                  "(GOAWAY, HTTP/2 error 0): Shutdown");
}

class ApnsStormTest : public ApnsTest {
protected:
    /// Pushes until the peer has seen that many connections. @return how long that took.
    std::chrono::steady_clock::duration time_for_connections(std::size_t count) {
        options.reconnect_first = 100ms;
        options.max_connections = 1;
        ApnsClient client{certificates, options};
        const auto start = std::chrono::steady_clock::now();
        auto pushed = start_push(client, 1000, 60s);
        EXPECT_TRUE(apns.wait_until([count](const Seen& seen) { return seen.connections >= count; }));
        const auto took = std::chrono::steady_clock::now() - start;
        client.stop();
        pushed.wait();
        return took;
    }
};

TEST_F(ApnsStormTest, APeerThatOnlySaysGoawayIsGivenLongerAndLongerPauses) {
    apns.set_reception(Reception::goaway);
    EXPECT_GE(time_for_connections(4), 50ms + 100ms + 200ms); // half of each doubled pause at least
}

TEST_F(ApnsStormTest, APeerThatClosesAtOnceIsGivenLongerAndLongerPauses) {
    apns.set_reception(Reception::closed);
    EXPECT_GE(time_for_connections(4), 50ms + 100ms + 200ms);
}

TEST_F(ApnsStormTest, APeerThatCutsAfterEveryAnswerIsNotStormedEither) {
    apns.set_max_streams(1);
    for (std::size_t i = 1; i < 1000; i += 2)
        apns.reply(token(i), {{.cut = true}, {.cut = true}, {.cut = true}});
    EXPECT_GE(time_for_connections(5), 4 * 50ms);
}

TEST_F(ApnsTroubleTest, WordsOfAnEarlyEndNameTheStep) {
    apns.set_reception(Reception::closed);
    ApnsClient client{certificates, options};
    const auto error = push(client, 1, 1s)[0].error;
    EXPECT_NE(error.find("setting up TLS with localhost"), std::string::npos) << error;
}

TEST_F(ApnsTroubleTest, ACutConnectionsPushesAreSentAgain) {
    apns.set_latency(60s);
    ApnsClient client{certificates, options};
    auto pushed = start_push(client, 100);
    ASSERT_TRUE(apns.wait_until([](const Seen& seen) { return seen.notifications == 100; }));
    apns.set_latency(0ms);
    apns.cut();
    EXPECT_TRUE(all_delivered(pushed.get(), 100));
}

TEST_F(ApnsTroubleTest, ResetStreamsAreSentAgain) {
    apns.reply(token(0), {{.reset = 7}, {.reset = 7}}); // REFUSED_STREAM
    apns.reply(token(1), {{.reset = 2}});               // INTERNAL_ERROR
    apns.reply(token(2), {{.reset = 0}});               // NO_ERROR, and still no answer
    ApnsClient client{certificates, options};
    EXPECT_TRUE(all_delivered(push(client, 4), 4));
    EXPECT_EQ(apns.seen().notifications, 8U);
    EXPECT_EQ(apns.seen().connections, 1U);
}

TEST_F(ApnsTroubleTest, StatusesThatAskForItAreRetried) {
    apns.reply(token(0), {{.status = 429, .reason = "TooManyRequests"}});
    apns.reply(token(1), {{.status = 500, .reason = "InternalServerError"}, {.status = 500}});
    apns.reply(token(2), {{.status = 503, .reason = "ServiceUnavailable"}});
    ApnsClient client{certificates, options};
    EXPECT_TRUE(all_delivered(push(client, 3), 3));
    EXPECT_EQ(apns.seen().notifications, 7U);
}

TEST_F(ApnsTroubleTest, OtherStatusesAreNotRetried) {
    const std::vector<std::pair<int, std::string>> finals{{400, "BadDeviceToken"},  {403, "BadCertificate"},
                                                          {404, "BadPath"},         {410, "Unregistered"},
                                                          {413, "PayloadTooLarge"}, {502, ""}};
    for (std::size_t i = 0; i < finals.size(); ++i)
        apns.reply(token(i), {{.status = finals[i].first, .reason = finals[i].second}});
    ApnsClient client{certificates, options};
    const auto responses = push(client, finals.size());
    for (std::size_t i = 0; i < finals.size(); ++i) {
        EXPECT_EQ(responses[i].status, finals[i].first);
        EXPECT_EQ(responses[i].reason, finals[i].second);
    }
    EXPECT_EQ(apns.seen().notifications, finals.size());
}

TEST_F(ApnsTroubleTest, RetriesEndWithTheDeadlineAndTheLastAnswer) {
    apns.reply_to_all({.status = 503, .reason = "ServiceUnavailable"});
    ApnsClient client{certificates, options};
    const auto responses = push(client, 1, 2s);
    EXPECT_EQ(responses[0].status, 503);
    EXPECT_EQ(responses[0].reason, "ServiceUnavailable");
    EXPECT_GE(apns.seen().notifications, 2U);
    EXPECT_LE(apns.seen().notifications, 12U); // 10 ms doubling, at least half of each
}

TEST_F(ApnsTroubleTest, RetryAfterIsHonoured) {
    apns.reply(token(0), {{.status = 503, .retry_after = "1"}});
    ApnsClient client{certificates, options};
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(all_delivered(push(client, 1), 1));
    EXPECT_GE(std::chrono::steady_clock::now() - start, 1s); // not earlier than asked
    EXPECT_EQ(apns.seen().notifications, 2U);
}

TEST_F(ApnsTroubleTest, ARetryAfterBeyondTheDeadlineEndsThePushAtOnce) {
    apns.reply_to_all({.status = 429, .reason = "TooManyRequests", .retry_after = "3600"});
    ApnsClient client{certificates, options};
    const auto responses = push(client, 1, 60s); // the test's time limit would hit otherwise
    EXPECT_EQ(responses[0].status, 429);
    EXPECT_EQ(apns.seen().notifications, 1U);
}

TEST_F(ApnsTroubleTest, GoneCarriesItsTimestamp) {
    apns.reply(token(0), {{.status = 410, .reason = "Unregistered", .timestamp = 1454948015990}});
    ApnsClient client{certificates, options};
    const auto responses = push(client, 1);
    ASSERT_TRUE(responses[0].unregistered_at);
    EXPECT_EQ(responses[0].unregistered_at->time_since_epoch(), 1454948015990ms);
}

TEST_F(ApnsTroubleTest, ASilentConnectionIsDeadWithoutAnswerToItsPing) {
    options.quiet = 100ms;
    options.ping_deadline = 200ms;
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    apns.fall_silent(); // that connection only
    EXPECT_TRUE(all_delivered(push(client, 10), 10));
    EXPECT_GE(apns.seen().connections, 2U);
    EXPECT_GE(client.statistics().connection_failures.load(), 1U);
}

TEST_F(ApnsTroubleTest, SlowAnswersAreWaitedForWhilePingsAreAnswered) {
    options.quiet = 20ms;
    options.ping_deadline = 20s;
    apns.set_latency(300ms);
    ApnsClient client{certificates, options};
    EXPECT_TRUE(all_delivered(push(client, 10), 10));
    EXPECT_GE(apns.seen().pings, 2U);
    EXPECT_EQ(apns.seen().connections, 1U);
    EXPECT_EQ(apns.seen().notifications, 10U);
}

TEST_F(ApnsTroubleTest, AfterIdlenessTheNextRequestBringsAPing) {
    options.idle_trust = 0ms;
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    EXPECT_TRUE(apns.wait_until([](const Seen& seen) { return seen.pings >= 1; }));
}

TEST_F(ApnsTroubleTest, AnIdleConnectionThatThePeerClosedIsReplaced) {
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    apns.cut();
    EXPECT_TRUE(all_delivered(push(client, 1), 1));
}

TEST_F(ApnsTroubleTest, TheDeadlineGivesUpStreamsAndTheConnectionGoesOn) {
    Reply never;
    never.never = true;
    apns.reply(token(0), {never});
    ApnsClient client{certificates, options};
    const auto responses = push(client, 2, 2s);
    EXPECT_EQ(responses[0].error, "time-out: no answer from APNs");
    EXPECT_EQ(responses[1].status, 200);
    EXPECT_TRUE(apns.wait_until([](const Seen& seen) { return seen.resets == 1; })); // the slot is free again
    EXPECT_TRUE(all_delivered(push(client, 2), 2));
    EXPECT_EQ(apns.seen().connections, 1U);
    EXPECT_EQ(client.statistics().in_flight.load(), 0);
}

TEST_F(ApnsTroubleTest, StrangeAnswersAreTakenForWhatTheyAre) {
    Reply huge{.status = 400};
    huge.body = std::string(1 << 20, 'x');
    apns.reply(token(0), {{.status = 200, .apns_id = false}});
    apns.reply(token(1), {huge});
    apns.reply(token(2), {{.status = 200, .early_hints = true}});
    apns.reply(token(3), {{.status = 403, .body = "<html>no"}});
    apns.reply(token(4), {{.status = 400, .reason = "BadTopic", .trailers = true}});
    apns.reply(token(5), {{.status = 410, .body = R"({"reason":7,"timestamp":"soon"})"}});
    apns.reply(token(6),
               {{.status = 410, .body = R"({"reason":"Unregistered","timestamp":99999999999999999})"}});
    ApnsClient client{certificates, options};
    const auto responses = push(client, 8);
    EXPECT_EQ(responses[0].status, 200);
    EXPECT_EQ(responses[0].apns_id, "");
    EXPECT_EQ(responses[1].status, 400);
    EXPECT_EQ(responses[1].reason, "");
    EXPECT_EQ(responses[2].status, 200);
    EXPECT_EQ(responses[2].apns_id.size(), 36U);
    EXPECT_EQ(responses[3].status, 403);
    EXPECT_EQ(responses[3].reason, "");
    EXPECT_EQ(responses[4].reason, "BadTopic");
    EXPECT_EQ(responses[5].status, 410);
    EXPECT_FALSE(responses[5].unregistered_at);
    EXPECT_EQ(responses[6].reason, "Unregistered");
    EXPECT_FALSE(responses[6].unregistered_at);
    EXPECT_EQ(responses[7].status, 200);
    EXPECT_EQ(apns.seen().connections, 1U);
}

} // namespace
} // namespace nanomdm::push
