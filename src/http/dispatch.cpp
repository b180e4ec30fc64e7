// Refusals before a handler, and the last catch around it.
#include "http/dispatch.hpp"

#include "http/status.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"

namespace nanomdm::http {
namespace {

HttpResponse failed(const HttpRequest& request, unsigned status, std::string_view cause) {
    const log::TraceScope trace{request.trace_id};
    const auto level = status < 500 ? log::Level::info : log::Level::error;
    log::write(level, "request failed", {{"path", request.path}, {"error", std::string{cause}}});
    return status == 503 ? overloaded() : error_response(status);
}

/// The answer for the exception being handled.
HttpResponse caught(const HttpRequest& request) {
    try {
        throw;
    } catch (const Error& error) {
        return failed(request, status_of(error), error.what());
    } catch (const std::exception& error) {
        return failed(request, 500, error.what());
    } catch (...) {
        return failed(request, 500, "not a std::exception");
    }
}

} // namespace

HttpResponse overloaded() {
    auto response = error_response(503);
    response.headers.add("Retry-After", "10");
    return response;
}

std::optional<HttpResponse> refusal(const Router& router, const Router::Match& match,
                                    const HttpRequest& request) {
    if (match.route == nullptr) return error_response(404);
    if (!match.method_allowed) {
        auto response = error_response(405);
        response.headers.add("Allow", router.allow(request.path));
        return response;
    }
    if (!match.route->admit) return std::nullopt;
    try {
        return match.route->admit(request);
    } catch (...) {
        return caught(request);
    }
}

Lane lane_of(const Route& route, const HttpRequest& request) noexcept {
    try {
        return route.choose_lane ? route.choose_lane(request) : route.lane;
    } catch (...) {
        return route.lane; // the handler will find out what is wrong with the request
    }
}

HttpResponse respond(const Route& route, HttpRequest& request) noexcept {
    const log::TraceScope trace{request.trace_id};
    try {
        return route.handler(request);
    } catch (...) {
        return caught(request);
    }
}

std::optional<HttpResponse> begin_stream(const Route& route, HttpRequest& request,
                                         const std::shared_ptr<Stream>& stream) noexcept {
    const log::TraceScope trace{request.trace_id};
    try {
        return route.stream(request, stream);
    } catch (...) {
        return caught(request);
    }
}

} // namespace nanomdm::http
