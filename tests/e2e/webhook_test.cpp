// The webhook: every event arrives, in order per enrollment, whatever its receiver does; and costs devices
// nothing.
#include "e2e/inbox.hpp"
#include "e2e/webhook_suite.hpp"
#include "encoding/base64.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

namespace nanomdm::test {

void PrintTo(const WebhookStore& store, std::ostream* out) { *out << store.name; }

namespace {

using Json = nlohmann::json;
using Mishap = UpstreamReply::Mishap;
using sim::Channel;
using testing::HasSubstr;

constexpr int devices = 6;
constexpr int updates = 8; ///< TokenUpdates of each, with enrolling

std::string udid(int number) { return "MAC" + std::to_string(number); }

/// All devices enroll and check in at once; none may notice the webhook. @return their messages with an
/// effect
std::size_t fleet_checks_in(const Scene& scene) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < devices; ++i) {
        threads.emplace_back([&scene, i] {
            auto device = scene.enrolled(udid(i));
            for (int update = 1; update < updates; ++update) EXPECT_EQ(device.token_update().status, 200);
        });
    }
    threads.clear();
    return devices * (updates + 1);
}

/// Each enrollment's first sight of each event is in the order it was recorded.
void expect_all_in_order(const Inbox& inbox) {
    for (int i = 0; i < devices; ++i) {
        std::vector<int> tallies;
        std::set<std::string> seen;
        for (const auto& event : inbox.taken_of(udid(i))) {
            if (!seen.insert(event["event_id"].get<std::string>()).second) continue;
            tallies.push_back(about(event).value("token_update_tally", 0)); // 0: Authenticate
        }
        std::vector<int> expected;
        for (int tally = 0; tally <= updates; ++tally) expected.push_back(tally);
        EXPECT_EQ(tallies, expected) << udid(i);
    }
}

bool everything_arrives(const Inbox& inbox) {
    return inbox.wait_for("mdm.Authenticate", devices) &&
           inbox.wait_for("mdm.TokenUpdate", devices * updates);
}

TEST_P(WebhookTest, EveryMessageMakesItsEvent) {
    Inbox inbox;
    auto scene = this->scene({"-webhook-url", inbox.url(), "-webhook-hmac-key", "the key"});
    auto endpoint = scene.endpoint();
    endpoint.url += "?tenant=a%20b&tenant=c&empty=";
    auto mac = scene.device("MAC");
    mac.use_endpoint(endpoint);
    const auto authenticate = mac.authenticate_message();
    ASSERT_EQ(mac.check_in(authenticate).status, 200);
    ASSERT_EQ(mac.token_update().status, 200);
    ASSERT_EQ(mac.set_bootstrap_token("token").status, 200);
    ASSERT_EQ(mac.get_bootstrap_token().status, 200);
    ASSERT_EQ(mac.declarative_management("tokens").status, 500) << "not configured";
    ASSERT_EQ(mac.get_token("com.apple.maid").status, 400) << "not configured";
    auto user = scene.device(Channel::user("MAC", "502", "jo", "Jo"), mac.identity());
    ASSERT_EQ(user.user_authenticate().status, 410);
    ASSERT_EQ(mac.report("Idle").status, 200);
    scene.api().must_enqueue("MAC", "C1");
    const auto report = mac.report_message("Error", "C1");
    ASSERT_EQ(mac.send_report(report).status, 200);
    ASSERT_EQ(mac.check_out().status, 200);

    for (const char* topic : {"Authenticate", "TokenUpdate", "SetBootstrapToken", "GetBootstrapToken",
                              "DeclarativeManagement", "GetToken", "UserAuthenticate", "CheckOut"})
        EXPECT_TRUE(inbox.wait_for(std::string{"mdm."} + topic, 1)) << topic;
    ASSERT_TRUE(inbox.wait_for("mdm.Connect", 2));
    EXPECT_EQ(inbox.taken().size(), 10U);

    for (const auto& request : inbox.upstream().requests()) {
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.header("content-type"), "application/json; charset=utf-8");
        EXPECT_EQ(request.header("x-hmac-signature"), hmac_signature("the key", request.body));
    }
    const auto enrolled = inbox.taken_of("MAC", "mdm.Authenticate").at(0);
    EXPECT_EQ(enrolled["checkin_event"]["udid"], "MAC");
    EXPECT_EQ(enrolled["checkin_event"]["raw_payload"], base64_encode(authenticate));
    EXPECT_EQ(enrolled["checkin_event"]["url_params"], (Json{{"tenant", "a b"}, {"empty", ""}}));
    EXPECT_EQ(enrolled["checkin_event"]["ids"], (Json{{"id", "MAC"}, {"type", "Device"}}));
    EXPECT_EQ(inbox.taken_of("MAC", "mdm.TokenUpdate").at(0)["checkin_event"]["token_update_tally"], 1);
    EXPECT_EQ(inbox.taken_of("MAC:502").at(0)["checkin_event"]["ids"]["parent_id"], "MAC");
    std::set<std::string> statuses;
    for (const auto& event : inbox.taken_of("MAC", "mdm.Connect")) {
        const auto acknowledged = event["acknowledge_event"];
        statuses.insert(acknowledged["status"].get<std::string>());
        if (acknowledged["status"] == "Idle") continue;
        EXPECT_EQ(acknowledged["command_uuid"], "C1");
        EXPECT_EQ(acknowledged["raw_payload"], base64_encode(report));
    }
    EXPECT_EQ(statuses, (std::set<std::string>{"Idle", "Error"}));
}

TEST_P(WebhookTest, NothingIsToldOfWhatWasRefused) {
    Inbox inbox;
    auto scene = this->scene({"-webhook-url", inbox.url()});
    auto mac = scene.enrolled("MAC");
    auto impostor = scene.device(Channel::device("MAC"), test_identity("impostor"));
    EXPECT_EQ(impostor.token_update().status, 403);
    EXPECT_EQ(impostor.report("Idle").status, 403);
    EXPECT_EQ(mac.check_in("no property list").status, 400);
    EXPECT_EQ(mac.check_out().status, 200);
    ASSERT_TRUE(inbox.wait_for("mdm.CheckOut", 1));
    EXPECT_EQ(inbox.taken().size(), 3U);
}

TEST_P(WebhookTest, AReceiverThatIsDownGetsAllWhenItIsBack) {
    Inbox inbox;
    inbox.upstream().go_down();
    auto scene = this->scene({"-webhook-url", inbox.url()});
    fleet_checks_in(scene);
    EXPECT_EQ(inbox.taken().size(), 0U);
    inbox.upstream().come_back();
    ASSERT_TRUE(everything_arrives(inbox));
    expect_all_in_order(inbox);
}

TEST_P(WebhookTest, ASlowReceiverGetsAll) {
    Inbox inbox{[](const Json&, std::size_t) { return UpstreamReply{.latency = 50ms}; }};
    auto scene = this->scene({"-webhook-url", inbox.url()});
    fleet_checks_in(scene);
    ASSERT_TRUE(everything_arrives(inbox));
    expect_all_in_order(inbox);
}

/// Every eighth request comes to grief that way.
Inbox::Trouble now_and_then(UpstreamReply reply) {
    return [reply](const Json&, std::size_t number) {
        return number % 8 == 0 ? std::optional{reply} : std::nullopt;
    };
}

TEST_P(WebhookTest, AReceiverThatFailsGetsAll) {
    for (const auto& reply : {UpstreamReply{.status = 500}, UpstreamReply{.mishap = Mishap::cut},
                              UpstreamReply{.status = 404}, UpstreamReply{.mishap = Mishap::garbage}}) {
        Inbox inbox{now_and_then(reply)};
        auto scene = this->scene({"-webhook-url", inbox.url()});
        fleet_checks_in(scene);
        ASSERT_TRUE(everything_arrives(inbox)) << reply.status;
        expect_all_in_order(inbox);
    }
}

TEST_P(WebhookTest, AReceiverThatHangsCostsDevicesNothing) {
    Inbox inbox{[](const Json&, std::size_t) { return UpstreamReply{.mishap = Mishap::hang}; }};
    auto scene = this->scene({"-webhook-url", inbox.url()});
    fleet_checks_in(scene);
    auto mac = scene.enrolled("IDLE");
    for (int i = 0; i < 50; ++i) EXPECT_EQ(mac.report("Idle").status, 200);
    inbox.trouble({});
    inbox.upstream().release();
    // Those that hung were answered and count as delivered; the others come now.
    EXPECT_TRUE(inbox.wait_for("mdm.TokenUpdate", devices * (updates - 1)));
    EXPECT_TRUE(inbox.wait_for("mdm.Connect", 30));
}

TEST_P(WebhookTest, ShutsDownInTimeWhileTheReceiverHangs) {
    Inbox inbox{[](const Json&, std::size_t) { return UpstreamReply{.mishap = Mishap::hang}; }};
    auto scene = this->scene({"-webhook-url", inbox.url(), "-shutdown-grace", "1s"});
    auto mac = scene.enrolled("MAC");
    EXPECT_EQ(mac.report("Idle").status, 200);
    ASSERT_TRUE(inbox.upstream().wait_for(2));
    scene.stop();
    EXPECT_THAT(scene.server().log(), HasSubstr("cut off at the end of the grace"));
}

TEST_P(WebhookTest, WhatIsUnderWayAtTheEndIsFinished) {
    Inbox inbox{[](const Json&, std::size_t) { return UpstreamReply{.latency = 300ms}; }};
    auto scene = this->scene({"-webhook-url", inbox.url()});
    auto mac = scene.device("MAC");
    ASSERT_EQ(mac.authenticate().status, 200);
    ASSERT_TRUE(inbox.upstream().wait_for(1));
    scene.stop();
    EXPECT_THAT(scene.server().log(), testing::Not(HasSubstr("cut off")));
}

TEST_P(WebhookTest, ARefusedEventIsADeadLetterUntilItIsReplayed) {
    Inbox inbox{[](const Json& event, std::size_t) {
        return event["topic"] == "mdm.SetBootstrapToken" ? std::optional{UpstreamReply{.status = 404}}
                                                         : std::nullopt;
    }};
    auto scene = this->scene({"-webhook-url", inbox.url()});
    auto mac = scene.enrolled("MAC");
    EXPECT_EQ(mac.set_bootstrap_token("token").status, 200);
    EXPECT_EQ(mac.check_out().status, 200);
    ASSERT_TRUE(inbox.wait_for("mdm.CheckOut", 1)) << "the next one goes on";

    const auto listed = Json::parse(scene.api().get("/v1/webhook/dead?limit=1").body);
    ASSERT_EQ(listed["dead_letters"].size(), 1U);
    const auto letter = listed["dead_letters"][0];
    EXPECT_EQ(letter["topic"], "mdm.SetBootstrapToken");
    EXPECT_EQ(letter["enrollment_id"], "MAC");
    EXPECT_EQ(letter["reason"], "refused, 5 tries: HTTP status 404");
    const auto rest = scene.api().get("/v1/webhook/dead?cursor=" + listed["next_cursor"].get<std::string>());
    EXPECT_EQ(Json::parse(rest.body)["dead_letters"].size(), 0U);

    inbox.trouble({});
    const auto replayed = scene.api().call("POST", "/v1/webhook/dead/replay",
                                           Json{{"ids", {letter["id"]}}}.dump(), "application/json");
    EXPECT_EQ(Json::parse(replayed.body)["replayed"], 1);
    ASSERT_TRUE(inbox.wait_for("mdm.SetBootstrapToken", 1));
    EXPECT_EQ(inbox.taken_of("MAC", "mdm.SetBootstrapToken").at(0)["event_id"], letter["event_id"]);
}

TEST_P(WebhookTest, AnEventTooOldIsADeadLetter) {
    Inbox inbox{[](const Json&, std::size_t) { return UpstreamReply{.status = 503}; }};
    auto scene = this->scene({"-webhook-url", inbox.url(), "-webhook-max-age", "0s"});
    auto mac = scene.device("MAC");
    ASSERT_EQ(mac.authenticate().status, 200);
    ASSERT_TRUE(inbox.upstream().wait_for(1));
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    std::string listed;
    while (std::chrono::steady_clock::now() < deadline && listed.find("too old") == std::string::npos)
        listed = scene.api().get("/v1/webhook/dead").body;
    EXPECT_THAT(listed, HasSubstr("too old, 1 try: HTTP status 503"));
    inbox.trouble({});
    const auto replayed =
        scene.api().call("POST", "/v1/webhook/dead/replay", R"({"all": true})", "application/json");
    EXPECT_EQ(Json::parse(replayed.body)["replayed"], 1);
    EXPECT_TRUE(inbox.wait_for("mdm.Authenticate", 1));
}

TEST_P(WebhookKillTest, WhatADeviceWasThankedForArrivesAlthoughTheServerIsKilled) {
    Inbox inbox{[](const Json&, std::size_t) { return UpstreamReply{.latency = 5ms}; }};
    auto scene = this->scene({"-webhook-url", inbox.url()});
    std::vector<sim::Device> macs;
    std::vector<int> thanked(devices, 0);
    std::atomic<int> in_all{0};
    for (int i = 0; i < devices; ++i) macs.push_back(scene.enrolled(udid(i)));
    for (int round = 0; round < 3; ++round) {
        std::atomic<bool> killed{false};
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < macs.size(); ++i) {
            threads.emplace_back([&, i] {
                while (!killed) {
                    try {
                        if (macs[i].token_update().status != 200) continue;
                        ++thanked[i];
                        ++in_all;
                        in_all.notify_one();
                    } catch (const std::exception&) { // the connection went with the server
                    }
                }
            });
        }
        for (int count = in_all; count < (round + 1) * 60; count = in_all) in_all.wait(count);
        scene.server().process().kill();
        killed = true;
        threads.clear();
        scene.start();
        for (auto& mac : macs) mac.use_endpoint(scene.endpoint());
    }
    // A lease of the killed server may have to end first.
    for (std::size_t i = 0; i < macs.size(); ++i) {
        EXPECT_EQ(macs[i].check_out().status, 200);
        ++thanked[i];
    }
    ASSERT_TRUE(inbox.wait_for("mdm.CheckOut", devices, 120s));
    for (int i = 0; i < devices; ++i) {
        std::set<std::string> seen;
        int last = 0;
        for (const auto& event : inbox.taken_of(udid(i))) {
            if (!seen.insert(event["event_id"].get<std::string>()).second) continue;
            const int tally = about(event).value("token_update_tally", last);
            EXPECT_GE(tally, last) << udid(i);
            last = tally;
        }
        // Authenticate, the first TokenUpdate, what was thanked for; more when an answer was lost.
        EXPECT_GE(seen.size(), static_cast<std::size_t>(thanked[static_cast<std::size_t>(i)]) + 2) << udid(i);
    }
}

TEST(WebhookFlags, ThatCannotWorkAreRefused) {
    const auto started = [](std::vector<std::string> flags) {
        std::vector<std::string> command{nanomdm_binary(), "-disable-mdm", "-api",    "key",
                                         "-storage",       "inmem",        "-listen", "127.0.0.1:0"};
        command.insert(command.end(), flags.begin(), flags.end());
        return run(command, 30s);
    };
    EXPECT_THAT(started({"-webhook-url", "no url"}).error, HasSubstr("-webhook-url: "));
    EXPECT_EQ(started({"-webhook-url", "no url"}).status.code, 2);
    EXPECT_EQ(started({"-webhook-idle", "maybe"}).status.code, 2);
    EXPECT_EQ(started({"-webhook-durable", "some"}).status.code, 2);
    EXPECT_EQ(
        started({"-webhook-url", "http://127.0.0.1:9/", "-webhook-hmac-key-file", "/nowhere"}).status.code,
        2);
}

} // namespace
} // namespace nanomdm::test
