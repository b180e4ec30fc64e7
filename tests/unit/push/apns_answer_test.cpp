// APNs' answers put into values and words.
#include "push/apns_answer.hpp"

#include "pacing/backoff.hpp"

#include <gtest/gtest.h>

namespace nanomdm::push {
namespace {

using namespace std::chrono_literals;

ProviderResponse answered(int status, const std::string& body) {
    return to_response({.status = status, .apns_id = "id", .retry_after = "", .body = body});
}

TEST(ApnsAnswer, ErrorsReadAsNanoMdmWordsThem) {
    EXPECT_EQ(describe(answered(400, R"({"reason":"BadDeviceToken"})")),
              "push HTTP status: 400: APNs push error: BadDeviceToken");
    EXPECT_EQ(describe(answered(410, R"({"reason":"Unregistered","timestamp":1454948015990})")),
              "push HTTP status: 410: APNs push error: Unregistered: timestamp 1454948015990");
    EXPECT_EQ(describe(answered(502, "<html>")), "push HTTP status: 502: APNs push error");
}

TEST(ApnsAnswer, BodiesOfAnyShapeAreSurvived) {
    for (const char* body : {"", "null", "[]", "7", "\"x\"", "{", R"({"reason":{}})",
                             R"({"timestamp":1e400})", R"({"reason":null,"timestamp":-1})",
                             R"({"timestamp":18446744073709551615})", "\xff\xfe", "{\"reason\":\"\xff\"}"}) {
        const auto response = answered(400, body);
        EXPECT_EQ(response.status, 400);
        EXPECT_EQ(response.reason, "") << body;
        EXPECT_FALSE(response.unregistered_at) << body;
    }
}

TEST(ApnsAnswer, AReasonCannotForgeLinesAndIsCut) {
    const auto response = answered(400, R"({"reason":"a\nb)" + std::string(500, 'x') + "\"}");
    EXPECT_EQ(response.reason.substr(0, 3), "a?b");
    EXPECT_EQ(response.reason.size(), 128U);
}

TEST(ApnsAnswer, OnlyThreeStatusesAskToRetry) {
    for (int status = 200; status < 600; ++status)
        EXPECT_EQ(asks_to_retry(status), status == 429 || status == 500 || status == 503) << status;
}

TEST(ApnsAnswer, RetryAfterIsSecondsOrADate) {
    const auto now = TimePoint{std::chrono::seconds{784111777}}; // Sun, 06 Nov 1994 08:49:37 GMT
    EXPECT_EQ(retry_after("120", now), 120s);
    EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now), 30s);
    EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0s);
    EXPECT_EQ(retry_after("-5", now), 0s);
    EXPECT_EQ(retry_after("9999999999", now), 24h);
    EXPECT_EQ(retry_after("", now), std::nullopt);
    EXPECT_EQ(retry_after("soon", now), std::nullopt);
    EXPECT_EQ(retry_after("99999999999999999999", now), std::nullopt);
}

TEST(ApnsAnswer, GoawayDebugDataIsAReasonOrItself) {
    EXPECT_EQ(goaway_reason(R"({"reason":"Shutdown"})"), "Shutdown");
    EXPECT_EQ(goaway_reason(""), "");
    EXPECT_EQ(goaway_reason("too many\npings"), "too many?pings");
}

TEST(Backoff, DoublesWithJitterUpToItsBound) {
    Backoff backoff{{100ms, 1000ms}};
    for (int i = 0; i < 200; ++i) {
        EXPECT_GE(backoff.after(1), 50ms);
        EXPECT_LE(backoff.after(1), 100ms);
        EXPECT_GE(backoff.after(3), 200ms);
        EXPECT_LE(backoff.after(3), 400ms);
        EXPECT_GE(backoff.after(1000), 500ms);
        EXPECT_LE(backoff.after(1000), 1000ms);
    }
    std::chrono::milliseconds least = 1000ms;
    std::chrono::milliseconds most = 0ms;
    for (int i = 0; i < 200; ++i) {
        const auto wait = backoff.after(5);
        least = std::min(least, wait);
        most = std::max(most, wait);
    }
    EXPECT_LT(least, most);
}

} // namespace
} // namespace nanomdm::push
