// Routes of the REST API, and how each call's IDs and command are read.
#include "http/api/api.hpp"

#include "http/api/bulk_request.hpp"
#include "http/api/json.hpp"
#include "http/auth.hpp"
#include "http/status.hpp"
#include "log/log.hpp"
#include "mdm/decode.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace nanomdm::http {
namespace {

constexpr std::string_view push_path = "/v1/push/";
constexpr std::string_view enqueue_path = "/v1/enqueue/";

/// The comma-separated IDs after the route's prefix.
std::vector<std::string> ids_in_path(const HttpRequest& http, std::string_view prefix) {
    const auto decoded = percent_decode(std::string_view{http.path}.substr(prefix.size()));
    if (!decoded) throw Error{Errc::invalid, "broken percent-encoding in the path"};
    if (decoded->empty()) throw Error{Errc::invalid, "no enrollment IDs in the path"};
    std::vector<std::string> ids;
    for (std::size_t at = 0; at <= decoded->size();) {
        const auto comma = std::min(decoded->find(',', at), decoded->size());
        ids.push_back(decoded->substr(at, comma - at));
        at = comma + 1;
    }
    return ids;
}

bool asks_no_push(const HttpRequest& http) {
    const auto params = parse_query(http.query);
    const auto found = std::ranges::find(params, "nopush", &std::pair<std::string, std::string>::first);
    return found != params.end() && !found->second.empty();
}

/// Only errors about the caller's own input may say what they are about.
HttpResponse json_refusal(const Error& error) {
    const unsigned status = status_of(error.code());
    auto response = json_error(status, status < 500 ? error.what() : std::string{reason_phrase(status)});
    if (error.code() == Errc::unavailable) response.headers.add("Retry-After", "5");
    return response;
}

/// Maps what an endpoint throws to a JSON answer.
Handler guarded(std::function<HttpResponse(HttpRequest&)> endpoint) {
    return [endpoint = std::move(endpoint)](HttpRequest& http) -> HttpResponse {
        try {
            return endpoint(http);
        } catch (const Error& error) {
            log::warning("API call failed", {{"path", http.path}, {"err", error.what()}});
            return json_refusal(error);
        } catch (const std::exception& error) {
            log::error("API call failed", {{"path", http.path}, {"err", error.what()}});
            return json_error(500, std::string{reason_phrase(500)});
        }
    };
}

} // namespace

void Api::add_routes(Router& router) {
    const auto add = [&](std::string_view path, std::vector<std::string> methods, Lane lane, auto endpoint) {
        router.add({.path = std::string{path},
                    .methods = std::move(methods),
                    .lane = lane,
                    .handler = guarded(std::move(endpoint)),
                    .admit = auth_.admission()});
    };
    // Pushes wait for APNs, so what may push runs on the wide lane.
    add(push_path, {}, Lane::upstream, [this](HttpRequest& http) { return push(http); });
    add(enqueue_path, {}, Lane::upstream, [this](HttpRequest& http) { return enqueue(http); });
    add("/v1/push", {"POST"}, Lane::upstream, [this](HttpRequest& http) { return push_many(http); });
    add("/v1/enqueue", {"POST"}, Lane::upstream, [this](HttpRequest& http) { return enqueue_many(http); });
    add("/v1/pushcert", {"PUT", "GET"}, Lane::worker, [this](HttpRequest& http) {
        return http.method == "PUT" ? push_certs_.store(http) : push_certs_.show(http);
    });
    add("/v1/webhook/dead", {"GET"}, Lane::worker,
        [this](HttpRequest& http) { return dead_letters_.list(http); });
    add("/v1/webhook/dead/replay", {"POST"}, Lane::worker,
        [this](HttpRequest& http) { return dead_letters_.replay(http); });
    add("/v1/escrowkeyunlock", {"POST"}, Lane::upstream,
        [this](HttpRequest& http) { return escrow_.unlock(http); });
    if (migration_ != nullptr)
        add("/migration", {}, Lane::worker, [this](HttpRequest& http) { return migration_->take(http); });
    add("/v1/", {}, Lane::worker, [](HttpRequest&) { return json_error(404, "no such API call"); });
}

HttpResponse Api::push(const HttpRequest& http) {
    return to_response(delivery_.push(ids_in_path(http, push_path)));
}

HttpResponse Api::enqueue(HttpRequest& http) {
    auto ids = ids_in_path(http, enqueue_path);
    const bool no_push = asks_no_push(http);
    if (http.body.empty()) {
        if (no_push) throw Error{Errc::invalid, "neither a command to enqueue nor a push to send"};
        return to_response(delivery_.push(std::move(ids)));
    }
    const Command command = decode_command(std::move(http.body));
    return to_response(delivery_.enqueue(command, std::move(ids), !no_push));
}

HttpResponse Api::push_many(const HttpRequest& http) {
    auto bulk = parse_bulk_request(http);
    return to_response(delivery_.push(std::move(bulk.ids)));
}

HttpResponse Api::enqueue_many(HttpRequest& http) {
    auto bulk = parse_bulk_request(http);
    if (bulk.command.empty()) throw Error{Errc::invalid, "no command"};
    const Command command = decode_command(std::move(bulk.command));
    return to_response(delivery_.enqueue(command, std::move(bulk.ids), !bulk.no_push));
}

void add_version_route(Router& router, const std::string& version) {
    const std::string body = R"({"version":")" + version + R"("})";
    router.add({.path = "/version", .methods = {"GET"}, .handler = [body](HttpRequest&) {
                    return HttpResponse{.status = 200, .body = body, .content_type = "application/json"};
                }});
}

} // namespace nanomdm::http
