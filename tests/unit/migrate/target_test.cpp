// What an answer of the target means for the message, and for the whole run.
#include "migrate/target.hpp"
#include "nanomdm/error.hpp"
#include "support/test_ca.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace nanomdm::migrate {
namespace {

using namespace std::chrono_literals;
using test::Upstream;
using test::UpstreamReply;
using testing::HasSubstr;

class TargetTest : public testing::Test {
protected:
    static TargetPatience quick() {
        TargetPatience patience;
        patience.out_of_reach = 50ms;
        patience.pause = {.first = 1ms, .longest = 5ms};
        patience.failures_in_a_row = 4;
        return patience;
    }
    static TargetPatience patient() {
        auto patience = quick();
        patience.out_of_reach = 60s;
        return patience;
    }
    Target target(TargetPatience patience = quick()) {
        return {client, upstream.url() + "/migration?x=1", "a key", patience};
    }
    std::string failure(Target& by) {
        try {
            (void)by.send("message", {});
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::upstream_failed);
            return error.what();
        }
        ADD_FAILURE() << "did not fail";
        return {};
    }

    http::HttpClient client;
    Upstream upstream;
};

TEST_F(TargetTest, GetsTheMessageAsNano2nanoWouldSendIt) {
    auto to = target();
    EXPECT_EQ(to.send("the message", {}), std::nullopt);
    const auto seen = upstream.requests().at(0);
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.target, "/migration?x=1");
    EXPECT_EQ(seen.header("authorization"), "Basic bmFub21kbTphIGtleQ=="); // nanomdm:a key
    EXPECT_EQ(seen.body, "the message");
}

TEST_F(TargetTest, ARefusalIsTheMessagesAndIsNotTriedAgain) {
    upstream.answer({.status = 400, .body = "{\n\t\"error\": \"no such\x01 device\"\n}\n"});
    auto to = target();
    EXPECT_EQ(to.send("message", {}), "400: {  \"error\": \"no such  device\" }");
    EXPECT_EQ(upstream.count(), 1U);
}

TEST_F(TargetTest, AFailureIsTriedAgainAndThenTheMessages) {
    upstream.answer({.status = 500, .body = "Internal Server Error\n"});
    auto to = target();
    EXPECT_EQ(to.send("message", {}), "500: Internal Server Error");
    EXPECT_EQ(upstream.count(), 3U);
}

TEST_F(TargetTest, FailuresOfEveryMessageAreTheTargets) {
    upstream.answer({.status = 500});
    auto to = target();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(to.send("message", {}));
    EXPECT_THAT(failure(to), HasSubstr("fails on every message"));

    auto another = target();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(another.send("message", {}));
    upstream.answer({.status = 200});
    EXPECT_FALSE(another.send("message", {}));
    upstream.answer({.status = 500});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(another.send("message", {})) << "counts anew";
}

TEST_F(TargetTest, AKeyOrUrlThatIsWrongForAllEndsTheRunAtOnce) {
    for (const int status : {301, 307, 401, 403, 404, 405}) {
        upstream.answer({.status = status});
        auto to = target(patient());
        EXPECT_THAT(failure(to), HasSubstr(std::to_string(status)));
    }
    EXPECT_EQ(upstream.count(), 6U);
}

TEST_F(TargetTest, ATargetThatIsBusyOrAwayIsWaitedFor) {
    std::atomic<int> calls{0};
    upstream.answer([&](const auto&) -> UpstreamReply {
        switch (++calls) {
        case 1:
            return {.status = 503};
        case 2:
            return {.mishap = UpstreamReply::Mishap::cut};
        case 3:
            return {.status = 429};
        case 4:
            return {.status = 502};
        default:
            return {};
        }
    });
    auto to = target(patient());
    EXPECT_EQ(to.send("message", {}), std::nullopt);
    EXPECT_EQ(calls, 5);

    upstream.go_down();
    std::jthread rescue{[this] { upstream.come_back(); }};
    EXPECT_EQ(to.send("message", {}), std::nullopt);
}

TEST_F(TargetTest, ATargetThatStaysAwayEndsTheRun) {
    auto to = target();
    upstream.go_down();
    EXPECT_THAT(failure(to), HasSubstr("out of reach"));
}

TEST_F(TargetTest, AnImpostorGetsNothing) {
    const auto identity = test::TestCa::make_root("Impostor")
                              .issue({.ip_addresses = {"127.0.0.1"}, .extended_key_usage = "serverAuth"});
    Upstream impostor{{}, test::UpstreamTls{identity.certificate_pem, identity.private_key_pem}};
    Target to{client, impostor.url() + "/migration", "a key", quick()};
    EXPECT_THAT(failure(to), HasSubstr("certificate"));
    EXPECT_EQ(impostor.count(), 0U);
}

TEST_F(TargetTest, AStopEndsTheWaiting) {
    upstream.answer({.status = 503});
    auto patience = patient();
    patience.pause = {.first = 60s, .longest = 60s};
    auto to = target(patience);
    std::stop_source stop;
    std::jthread stopper{[&] {
        EXPECT_TRUE(upstream.wait_for(1));
        stop.request_stop();
    }};
    EXPECT_THROW((void)to.send("message", stop.get_token()), Error);
}

} // namespace
} // namespace nanomdm::migrate
