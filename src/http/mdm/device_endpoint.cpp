// One device request, straight through: certificate, typed message, service, bytes.
#include "http/mdm/device_endpoint.hpp"

#include "crypto/uuid.hpp"
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

/// Whether other servers may be asked for the answer to a check-in. What cannot be told at a glance counts as
/// such: a message that names its type in an unusual way must not hold up a worker.
bool may_ask_upstream(std::string_view body) {
    const auto type = peek_message_type(body);
    return type.empty() || type == "DeclarativeManagement" || type == "GetToken";
}

/// Devices try again after 5xx; a refusal says no more than its status.
HttpResponse refusal(const Error& error) {
    HttpResponse response = error_response(status_of(error));
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
    const auto lane_of_check_in = [](const HttpRequest& http) {
        return may_ask_upstream(http.body) ? Lane::upstream : Lane::worker;
    };
    const auto takes_check_in = [separate_check_in](const HttpRequest& http) {
        return !separate_check_in && is_check_in(http);
    };
    router.add({.path = "/mdm",
                .methods = methods,
                .handler =
                    [this, takes_check_in](HttpRequest& http) {
                        return answer(http, takes_check_in(http) ? &DeviceEndpoint::check_in
                                                                 : &DeviceEndpoint::command_report);
                    },
                .choose_lane =
                    [takes_check_in, lane_of_check_in](const HttpRequest& http) {
                        return takes_check_in(http) ? lane_of_check_in(http) : Lane::worker;
                    }});
    if (!separate_check_in) return;
    router.add({.path = "/checkin",
                .methods = methods,
                .handler = [this](HttpRequest& http) { return answer(http, &DeviceEndpoint::check_in); },
                .choose_lane = lane_of_check_in});
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
                     {{"status", std::to_string(status_of(error))}, {"err", error.what()}});
        return refusal(error);
    } catch (const std::exception& error) {
        log::error("device request failed", {{"err", error.what()}});
        return error_response(500);
    }
}

void DeviceEndpoint::stamp(Message& message, const Request& request) const {
    if (!stamps_events_) return;
    message.event = EventStamp{.id = random_uuid(),
                               .created_at = std::chrono::system_clock::now(),
                               .url_params = request.url_params};
}

HttpResponse DeviceEndpoint::check_in(Request& request, std::string body) {
    const bool may_wait = may_ask_upstream(body); // then this is the lane for it
    CheckIn message = decode_check_in(std::move(body));
    if (asks_upstream(message) && !may_wait) throw Error{Errc::invalid, "more than one MessageType"};
    std::visit([&](Message& common) { stamp(common, request); }, message);
    return std::visit(CheckInAnswer{service_, request}, message);
}

HttpResponse DeviceEndpoint::command_report(Request& request, std::string body) {
    CommandReport report = decode_command_report(std::move(body));
    stamp(report, request);
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
