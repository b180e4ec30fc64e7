#include "http/ops/health_endpoint.hpp"

namespace nanomdm::http {
namespace {

HttpResponse line(unsigned status, const std::string& text) {
    HttpResponse response{.status = status, .body = text + "\n", .content_type = "text/plain; charset=utf-8"};
    response.headers.add("Cache-Control", "no-store");
    return response;
}

} // namespace

void HealthEndpoint::add_routes(Router& router) {
    router.add({.path = "/healthz", .methods = {"GET"}, .lane = Lane::io, .handler = [](HttpRequest&) {
                    return line(200, "ok");
                }});
    router.add({.path = "/readyz", .methods = {"GET"}, .lane = Lane::io, .handler = [this](HttpRequest&) {
                    const auto obstacle = readiness_.obstacle();
                    return obstacle ? line(503, *obstacle) : line(200, "ok");
                }});
}

} // namespace nanomdm::http
