// Servers that are away, slow, too generous, or break off.
#include "http/client/http_client.hpp"
#include "nanomdm/error.hpp"
#include "support/process/free_port.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace nanomdm::http {
namespace {

using namespace std::chrono_literals;
using nanomdm::test::Upstream;
using nanomdm::test::UpstreamReply;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Mishap = UpstreamReply::Mishap;

/// The text of the Errc::upstream_failed that sending ends in.
std::string failure(HttpClient& client, const ClientRequest& request) {
    try {
        return "answered " + std::to_string(client.send(request).status);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::upstream_failed) << error.what();
        return error.what();
    }
}

TEST(HttpClientTrouble, AServerThatIsNotThereIsNamedAndNothingElseOfTheUrl) {
    HttpClient client;
    const auto server = "127.0.0.1:" + std::to_string(test::free_port());
    const auto why = failure(client, {.url = "http://jo:secret@" + server + "/hidden?key=hidden"});
    EXPECT_THAT(why, AllOf(StartsWith("http://" + server + ": "), Not(HasSubstr("secret")),
                           Not(HasSubstr("hidden")), Not(HasSubstr("jo"))));
}

TEST(HttpClientTrouble, TotalTimeEndsAHangingRequest) {
    Upstream upstream;
    upstream.answer({.mishap = Mishap::hang});
    HttpClient client{{.total_time = 200ms}};
    EXPECT_THAT(failure(client, {.url = upstream.url()}), HasSubstr("timed out"));
}

TEST(HttpClientTrouble, CutsAreFailures) {
    Upstream upstream;
    HttpClient client;
    for (const auto mishap : {Mishap::cut, Mishap::cut_midway, Mishap::garbage}) {
        upstream.answer({.body = "half of it", .mishap = mishap});
        EXPECT_THAT(failure(client, {.url = upstream.url()}), StartsWith(upstream.url() + ": "));
    }
    upstream.answer(UpstreamReply{});
    EXPECT_EQ(client.send({.url = upstream.url()}).status, 200U);
}

TEST(HttpClientTrouble, AnAnswerOverTheBoundIsAFailureAnnouncedOrNot) {
    Upstream upstream;
    HttpClient client{{.max_body = 1000}};
    upstream.answer({.body = std::string(1000, 'x')});
    EXPECT_EQ(client.send({.url = upstream.url()}).body.size(), 1000U);
    upstream.answer({.body = std::string(1001, 'x')});
    EXPECT_THAT(failure(client, {.url = upstream.url()}), HasSubstr("too long"));
    upstream.answer({.body = "44d\r\n" + std::string(1101, 'x') + "\r\n0\r\n\r\n",
                     .headers = {{"Transfer-Encoding", "chunked"}}});
    EXPECT_THAT(failure(client, {.url = upstream.url()}), HasSubstr("too long"));
}

TEST(HttpClientTrouble, AHeaderWithoutEndIsAFailure) {
    Upstream upstream;
    UpstreamReply reply;
    for (int i = 0; i < 300; ++i) reply.headers.emplace_back("X-Long", std::string(1000, 'x'));
    upstream.answer(reply);
    HttpClient client;
    EXPECT_THAT(failure(client, {.url = upstream.url()}), HasSubstr("too long"));
}

TEST(HttpClientTrouble, StopEndsWhatHangsAndRefusesWhatComes) {
    Upstream upstream;
    upstream.answer({.mishap = Mishap::hang});
    HttpClient client{{.total_time = 10min}};
    auto hanging = std::async(std::launch::async, [&] { return failure(client, {.url = upstream.url()}); });
    ASSERT_TRUE(upstream.wait_for(1));
    client.stop();
    ASSERT_EQ(hanging.wait_for(20s), std::future_status::ready);
    EXPECT_THAT(hanging.get(), HasSubstr("stopping"));
    EXPECT_THAT(failure(client, {.url = upstream.url()}), HasSubstr("stopping"));
    EXPECT_EQ(upstream.count(), 1U);
}

TEST(HttpClientTrouble, AServerThatComesBackIsReachedAgain) {
    Upstream upstream;
    HttpClient client;
    EXPECT_EQ(client.send({.url = upstream.url()}).status, 200U);
    upstream.go_down();
    EXPECT_THAT(failure(client, {.url = upstream.url()}), StartsWith(upstream.url() + ": "));
    upstream.come_back();
    EXPECT_EQ(client.send({.url = upstream.url()}).status, 200U);
    EXPECT_EQ(upstream.count(), 2U);
}

} // namespace
} // namespace nanomdm::http
