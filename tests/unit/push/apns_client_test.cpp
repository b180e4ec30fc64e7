// What the client sends, and how it uses connections and streams; over real TLS.
#include "unit/push/apns_fixture.hpp"

#include <set>

namespace nanomdm::push {
namespace {

using fake_apns::Reply;
using fake_apns::Seen;

using ApnsClientTest = ApnsTest;

TEST_F(ApnsClientTest, SendsPayloadPathAndHeadersAsApnsWantsThem) {
    ApnsClient client{certificates, options};
    const PushInfo to{topic, PushMagic{R"(a"b\c)"}, PushToken::from_hex("00FFab")};
    const auto before = std::chrono::system_clock::now();
    const auto responses = client.push(topic, {&to, 1}, std::chrono::steady_clock::now() + 20s);

    ASSERT_TRUE(all_delivered(responses, 1));
    EXPECT_EQ(responses[0].apns_id.size(), 36U);
    const auto seen = apns.notifications();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].method, "POST");
    EXPECT_EQ(seen[0].path, "/3/device/00ffab");
    EXPECT_EQ(seen[0].authority, "localhost:" + std::to_string(apns.port()));
    EXPECT_EQ(seen[0].topic, topic.str());
    EXPECT_EQ(seen[0].push_type, "mdm");
    EXPECT_EQ(seen[0].priority, "10");
    EXPECT_EQ(seen[0].payload, R"({"mdm":"a\"b\\c"})");
    EXPECT_EQ(seen[0].client_uid, topic.str());
    EXPECT_EQ(seen[0].header_count, 8U);
    const auto expiration = std::chrono::system_clock::from_time_t(std::stoll(seen[0].expiration));
    EXPECT_GE(expiration, std::chrono::floor<std::chrono::seconds>(before) + std::chrono::hours{7 * 24});
    EXPECT_LE(expiration, std::chrono::system_clock::now() + std::chrono::hours{7 * 24});
}

TEST_F(ApnsClientTest, ExpirationZeroAsksApnsToStoreNothing) {
    options.expiration = 0s;
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    EXPECT_EQ(apns.notifications()[0].expiration, "0");
}

TEST_F(ApnsClientTest, OneCallForManyIsSentAtOnceUpToThePeersLimit) {
    apns.set_max_streams(100);
    options.max_connections = 1;
    Reply held;
    held.never = true;
    apns.reply_to_all(held);
    ApnsClient client{certificates, options};
    auto pushed = start_push(client, 250, 60s);
    // Nothing is answered, and still a hundred are under way: no round trip each.
    EXPECT_TRUE(apns.wait_until([](const Seen& seen) { return seen.notifications == 100; }));
    client.stop();
    pushed.wait();
    EXPECT_EQ(apns.seen().peak_streams, 100U);
    EXPECT_EQ(apns.seen().notifications, 100U);
}

TEST_F(ApnsClientTest, EachTokenIsSentOnceAndAnsweredInOrder) {
    apns.set_latency(2ms);
    apns.reply(token(7), {{.status = 400, .reason = "BadDeviceToken"}});
    ApnsClient client{certificates, options};
    const auto responses = push(client, 3000);
    ASSERT_EQ(responses.size(), 3000U);
    for (std::size_t i = 0; i < responses.size(); ++i)
        ASSERT_EQ(responses[i].status, i == 7 ? 400 : 200) << i << responses[i].error;
    EXPECT_EQ(responses[7].reason, "BadDeviceToken");
    std::set<std::string> tokens;
    for (const auto& each : apns.notifications()) tokens.insert(each.token);
    EXPECT_EQ(tokens.size(), 3000U);
    EXPECT_EQ(apns.seen().notifications, 3000U);
}

TEST_F(ApnsClientTest, CallersShareOneConnection) {
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    std::vector<std::future<std::vector<ProviderResponse>>> callers;
    for (int i = 0; i < 20; ++i) callers.push_back(start_push(client, 5));
    for (auto& caller : callers) EXPECT_TRUE(all_delivered(caller.get(), 5));
    EXPECT_EQ(apns.seen().connections, 1U);
}

TEST_F(ApnsClientTest, OpensMoreConnectionsWhileTheyStayFullUpToTheBound) {
    apns.set_max_streams(10);
    apns.set_latency(20ms);
    options.max_connections = 3;
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1000), 1000));
    EXPECT_EQ(apns.seen().connections, 3U);
    EXPECT_LE(apns.seen().peak_streams, 10U);
}

TEST_F(ApnsClientTest, StaysOnOneConnectionWhenThereIsRoom) {
    apns.set_latency(50ms);
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 900), 900));
    EXPECT_EQ(apns.seen().connections, 1U);
}

TEST_F(ApnsClientTest, ObeysALimitOfOneAndItsRaiseWhileRunning) {
    apns.set_max_streams(50);
    options.max_connections = 1;
    apns.set_latency(10ms);
    ApnsClient client{certificates, options};
    auto pushed = start_push(client, 4000);
    ASSERT_TRUE(apns.wait_until([](const Seen& seen) { return seen.notifications >= 100; }));
    apns.set_max_streams(1);
    const auto dropped_at = apns.seen().notifications;
    ASSERT_TRUE(apns.wait_until([&](const Seen& seen) { return seen.notifications >= dropped_at + 60; }));
    // Whatever was under way when the SETTINGS arrived is over by now.
    apns.forget_peak();
    ASSERT_TRUE(apns.wait_until([&](const Seen& seen) { return seen.notifications >= dropped_at + 80; }));
    EXPECT_EQ(apns.seen().peak_streams, 1U);
    apns.set_max_streams(50);
    EXPECT_TRUE(all_delivered(pushed.get(), 4000));
    EXPECT_GT(apns.seen().peak_streams, 1U);
    EXPECT_EQ(apns.seen().resets, 0U);
}

TEST_F(ApnsClientTest, ALargeCallDoesNotHoldUpASmallOne) {
    apns.set_max_streams(10);
    apns.set_latency(10ms);
    options.max_connections = 1;
    ApnsClient client{certificates, options};
    auto large = start_push(client, 2000);
    ASSERT_TRUE(apns.wait_until([](const Seen& seen) { return seen.notifications >= 10; }));
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    EXPECT_EQ(large.wait_for(0s), std::future_status::timeout); // overtaken
    EXPECT_TRUE(all_delivered(large.get(), 2000));
}

TEST_F(ApnsClientTest, TopicsHaveTheirOwnConnectionsAndCertificates) {
    const Topic other{"com.apple.mgmt.External.other"};
    const auto identity = apns.push_identity(other.str());
    certificates.store_push_certificate({other, identity.certificate_pem, identity.private_key_pem});
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    const PushInfo to{other, PushMagic{"m"}, PushToken{"t"}};
    ASSERT_TRUE(all_delivered(client.push(other, {&to, 1}, std::chrono::steady_clock::now() + 20s), 1));
    const auto seen = apns.notifications();
    EXPECT_EQ(seen[0].client_uid, topic.str());
    EXPECT_EQ(seen[1].client_uid, other.str());
    EXPECT_NE(seen[0].connection, seen[1].connection);
}

TEST_F(ApnsClientTest, StopEndsCallsUnderWayAndRefusesLaterOnes) {
    apns.set_latency(60s);
    ApnsClient client{certificates, options};
    auto pushed = start_push(client, 100, 60s);
    ASSERT_TRUE(apns.wait_until([](const Seen& seen) { return seen.notifications == 100; }));
    client.stop();
    for (const auto& response : pushed.get()) EXPECT_EQ(response.error, "the server is shutting down");
    EXPECT_EQ(push(client, 1)[0].error, "the server is shutting down");
}

TEST_F(ApnsClientTest, DestructionWaitsForCallersAndGivesThemAnError) {
    apns.set_latency(60s);
    auto client = std::make_unique<ApnsClient>(certificates, options);
    auto pushed = start_push(*client, 10, 60s);
    ASSERT_TRUE(apns.wait_until([](const Seen& seen) { return seen.notifications == 10; }));
    client.reset();
    EXPECT_EQ(pushed.get()[0].error, "the server is shutting down");
}

} // namespace
} // namespace nanomdm::push
