// The request a receiver gets, and what its answers mean.
#include "webhook/http_receiver.hpp"

#include "support/upstream/upstream.hpp"

#include <gtest/gtest.h>

namespace nanomdm::webhook {
namespace {

using namespace std::chrono_literals;
using Outcome = Verdict::Outcome;
using test::UpstreamReply;

const Event event{.id = "1",
                  .topic = "mdm.Connect",
                  .created_at = {},
                  .enrollment = EnrollmentId{"MAC"},
                  .body = R"({"topic":"mdm.Connect"})"};

TEST(HttpReceiver, PostsTheBodySigned) {
    test::Upstream upstream;
    HttpReceiver receiver{upstream.url() + "/hook?a=b", "key", {}};
    EXPECT_EQ(receiver.deliver(event).outcome, Outcome::delivered);
    ASSERT_EQ(upstream.count(), 1U);
    const auto request = upstream.requests()[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/hook?a=b");
    EXPECT_EQ(request.body, event.body);
    EXPECT_EQ(request.header("content-type"), "application/json; charset=utf-8");
    EXPECT_EQ(request.header("x-hmac-signature"), test::hmac_signature("key", event.body));
}

TEST(HttpReceiver, WithoutAKeyThereIsNoSignature) {
    test::Upstream upstream;
    HttpReceiver receiver{upstream.url(), "", {}};
    EXPECT_EQ(receiver.deliver(event).outcome, Outcome::delivered);
    EXPECT_FALSE(upstream.requests().at(0).header("x-hmac-signature"));
}

TEST(HttpReceiver, StatusesMean) {
    test::Upstream upstream;
    HttpReceiver receiver{upstream.url(), "", {}};
    for (const auto& [status, outcome] : std::map<int, Outcome>{{200, Outcome::delivered},
                                                                {202, Outcome::delivered},
                                                                {204, Outcome::delivered},
                                                                {301, Outcome::failed},
                                                                {400, Outcome::refused},
                                                                {401, Outcome::refused},
                                                                {404, Outcome::refused},
                                                                {408, Outcome::failed},
                                                                {410, Outcome::refused},
                                                                {429, Outcome::failed},
                                                                {500, Outcome::failed},
                                                                {503, Outcome::failed}}) {
        upstream.answer(UpstreamReply{.status = status});
        const auto verdict = receiver.deliver(event);
        EXPECT_EQ(verdict.outcome, outcome) << status;
        EXPECT_EQ(verdict.reason, "HTTP status " + std::to_string(status));
    }
    EXPECT_EQ(upstream.connections(), 1U) << "kept alive";
}

TEST(HttpReceiver, NoAnswerIsAFailureThatNamesNoSecret) {
    test::Upstream upstream;
    HttpReceiver receiver{upstream.url() + "/secret", "", {.total_time = 300ms}};
    for (const auto mishap :
         {UpstreamReply::Mishap::cut, UpstreamReply::Mishap::garbage, UpstreamReply::Mishap::hang}) {
        upstream.answer(UpstreamReply{.mishap = mishap});
        const auto verdict = receiver.deliver(event);
        EXPECT_EQ(verdict.outcome, Outcome::failed);
        EXPECT_FALSE(verdict.reason.empty());
        EXPECT_EQ(verdict.reason.find("secret"), std::string::npos) << verdict.reason;
    }
    upstream.go_down();
    EXPECT_EQ(receiver.deliver(event).outcome, Outcome::failed);
}

} // namespace
} // namespace nanomdm::webhook
