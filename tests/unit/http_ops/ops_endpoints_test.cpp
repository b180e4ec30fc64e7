// Probes and scrapes without a socket: what the routes answer, and where they run.
#include "http/ops/health_endpoint.hpp"
#include "http/ops/metrics_endpoint.hpp"
#include "support/metrics_text.hpp"

#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

HttpResponse get(const Router& router, const std::string& path) {
    const auto match = router.match("GET", path);
    if (match.route == nullptr) return error_response(404);
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    if (match.route->admit) {
        if (auto refused = match.route->admit(request)) return *refused;
    }
    return match.route->handler(request);
}

struct Probed {
    Readiness readiness;
    HealthEndpoint endpoint{readiness};
    Router router;
    Probed() { endpoint.add_routes(router); }
};

TEST(Probes, AreAnsweredWithoutAThreadOfAPool) {
    const Probed probed;
    for (const char* path : {"/healthz", "/readyz"})
        EXPECT_EQ(probed.router.match("GET", path).route->lane, Lane::io) << path;
}

TEST(Probes, ReadyIsOnlyWhoServesAndHasNoObstacle) {
    Probed probed;
    std::optional<std::string> obstacle;
    EXPECT_EQ(get(probed.router, "/readyz").status, 503);
    EXPECT_EQ(get(probed.router, "/readyz").body, "starting\n");
    probed.readiness.serve([&] { return obstacle; });
    EXPECT_EQ(get(probed.router, "/readyz").status, 200);
    obstacle = "no storage";
    EXPECT_EQ(get(probed.router, "/readyz").status, 503);
    EXPECT_EQ(get(probed.router, "/readyz").body, "no storage\n");
    obstacle.reset();
    probed.readiness.drain();
    EXPECT_EQ(get(probed.router, "/readyz").status, 503);
    EXPECT_EQ(get(probed.router, "/readyz").body, "shutting down\n");
}

TEST(Probes, AliveIsEverybodyWhoAnswers) {
    Probed probed;
    EXPECT_EQ(get(probed.router, "/healthz").status, 200);
    probed.readiness.drain();
    EXPECT_EQ(get(probed.router, "/healthz").status, 200);
}

TEST(MetricsRoute, AsksEverySourceAtEveryScrape) {
    MetricsEndpoint endpoint;
    Router router;
    endpoint.add_routes(router, {});
    int scrapes = 0;
    endpoint.add([&](metrics::Exposition& e) { e.counter("scrapes_total", "S.", ++scrapes); });
    endpoint.add([](metrics::Exposition& e) { e.gauge("other", "O.", 7); });
    (void)get(router, "/metrics");
    const auto response = get(router, "/metrics");
    EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
    const test::MetricsText text{response.body};
    EXPECT_EQ(text.value("scrapes_total"), 2);
    EXPECT_EQ(text.value("other"), 7);
}

TEST(MetricsRoute, AsksNothingForAStranger) {
    MetricsEndpoint endpoint;
    Router router;
    endpoint.add_routes(router, [](const HttpRequest&) { return std::optional{error_response(401)}; });
    endpoint.add([](metrics::Exposition&) { FAIL(); });
    EXPECT_EQ(get(router, "/metrics").status, 401);
}

TEST(RouteStatistics, CountByRouteAndNeverByWhatIsAskedFor) {
    Router router;
    const auto nothing = [](HttpRequest&) { return HttpResponse{}; };
    router.add({.path = "/v1/push/", .methods = {"GET"}, .handler = nothing});
    router.add({.path = "/v1/push/", .methods = {"PUT"}, .handler = nothing});
    for (const char* path : {"/v1/push/A", "/v1/push/B"})
        router.match("GET", path).statistics->count(200, {});
    router.match("PUT", "/v1/push/A").statistics->count(207, {});
    router.match("PATCH", "/v1/push/A").statistics->count(405, {});
    for (const char* path : {"/", "/nonsense"}) router.match("GET", path).statistics->count(404, {});
    router.unmatched().count(9999, {});
    std::map<std::string, std::map<std::size_t, std::uint64_t>> seen;
    router.visit_statistics([&](const std::string& path, const RequestStatistics& statistics) {
        for (std::size_t i = 0; i < statistics.answers.size(); ++i)
            if (const auto count = statistics.answers[i].value()) seen[path][i] = count;
    });
    const decltype(seen) expected{{"/v1/push/", {{200, 2}, {207, 1}, {405, 1}}}, {"", {{0, 1}, {404, 2}}}};
    EXPECT_EQ(seen, expected);
}

} // namespace
} // namespace nanomdm::http
