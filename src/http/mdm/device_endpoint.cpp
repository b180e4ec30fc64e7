// One device request, straight through: certificate, typed message, service, bytes.
#include "http/mdm/device_endpoint.hpp"

#include "http/mdm/check_in_answer.hpp"
#include "http/media_type.hpp"
#include "http/status.hpp"
#include "log/log.hpp"
#include "mdm/decode.hpp"

#include <exception>
#include <utility>

namespace nanomdm::http {
namespace {

constexpr std::string_view check_in_type = "application/x-apple-aspen-mdm-checkin";

bool is_check_in(const HttpRequest& http) {
    const auto type = http.headers.get("Content-Type");
    return type && is_media_type(*type, check_in_type);
}

/// Devices try again after 5xx; a refusal says no more than its status.
HttpResponse refusal(const Error& error) {
    HttpResponse response = error_response(status_of(error.code()));
    if (error.code() == Errc::forbidden) {
        response.body.clear();
        response.content_type.clear();
    }
    if (error.code() == Errc::unavailable) response.headers.add("Retry-After", "5");
    return response;
}

} // namespace

void DeviceEndpoint::add_routes(Router& router, bool separate_check_in) {
    const std::vector<std::string> methods{"PUT", "POST"};
    router.add({.path = "/mdm", .methods = methods, .handler = [this, separate_check_in](HttpRequest& http) {
                    const bool check_in = !separate_check_in && is_check_in(http);
                    return answer(http,
                                  check_in ? &DeviceEndpoint::check_in : &DeviceEndpoint::command_report);
                }});
    if (separate_check_in) {
        router.add({.path = "/checkin", .methods = methods, .handler = [this](HttpRequest& http) {
                        return answer(http, &DeviceEndpoint::check_in);
                    }});
    }
}

HttpResponse DeviceEndpoint::answer(HttpRequest& http,
                                    HttpResponse (DeviceEndpoint::*handle)(Request&, std::string)) {
    try {
        Request request{.certificate = identity_.identify(http), .url_params = {}, .trace_id = http.trace_id};
        if (!request.certificate) throw Error{Errc::invalid, "no identity certificate"};
        for (auto& [name, value] : parse_query(http.query))
            request.url_params.try_emplace(std::move(name), std::move(value));
        return (this->*handle)(request, std::move(http.body));
    } catch (const Error& error) {
        log::warning("device request refused",
                     {{"status", std::to_string(status_of(error.code()))}, {"err", error.what()}});
        return refusal(error);
    } catch (const std::exception& error) {
        log::error("device request failed", {{"err", error.what()}});
        return error_response(500);
    }
}

HttpResponse DeviceEndpoint::check_in(Request& request, std::string body) {
    const CheckIn message = decode_check_in(std::move(body));
    return std::visit(CheckInAnswer{service_, request}, message);
}

HttpResponse DeviceEndpoint::command_report(Request& request, std::string body) {
    const CommandReport report = decode_command_report(std::move(body));
    if (!report.is_idle()) {
        log::info("command report",
                  {{"id", report.enrollment.id.str()},
                   {"status", report.status.str()},
                   {"command_uuid", report.command_uuid ? report.command_uuid->str() : ""}});
    }
    auto command = service_.command_report(request, report);
    if (!command) return {};
    log::info("command sent", {{"id", report.enrollment.id.str()},
                               {"command_uuid", command->uuid.str()},
                               {"request_type", command->request_type.str()}});
    return {.status = 200, .body = std::move(command->raw), .content_type = "application/xml"};
}

} // namespace nanomdm::http
