// NanoMDM's headers, and what each status means to the device.
#include "http/upstream/upstream_server.hpp"

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "nanomdm/error.hpp"
#include "nanomdm/service/upstream.hpp"

namespace nanomdm::http {
namespace {

constexpr const char* signature_field = "X-Hmac-Signature";

/// Holds one of the places as long as it lives.
class Place {
public:
    explicit Place(Places& places) : places_{places} {
        if (!places_.try_acquire()) throw Error{Errc::unavailable, "too many devices wait for upstreams"};
    }
    ~Place() { places_.release(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    Places& places_;
};

ClientRequest make_request(const Request& request, const Enrollment& enrollment, std::string url,
                           std::string_view json) {
    ClientRequest out{
        .method = json.empty() ? "GET" : "PUT", .url = std::move(url), .body = std::string{json}};
    if (!json.empty()) out.headers.add("Content-Type", "application/json");
    out.headers.add("X-Enrollment-ID", enrollment.id.str());
    out.headers.add("X-Enrollment-Type", std::string{to_string(enrollment.type)});
    if (enrollment.parent) out.headers.add("X-Enrollment-ParentID", enrollment.parent->str());
    out.headers.add("X-Trace-ID", request.trace_id);
    return out;
}

} // namespace

std::string UpstreamServer::ask(const Request& request, const Enrollment& enrollment,
                                std::string_view reference, std::string_view json) {
    auto out = make_request(request, enrollment, prefix_.resolve(reference), json);
    const auto keys = this->keys();
    if (!keys->send.empty())
        out.headers.add(signature_field, base64_encode(hmac_sha256(keys->send, out.body)));
    auto response = exchange(out);
    // Refusals too: a forged 404 would make a device drop its declarations.
    if (!keys->receive.empty()) check_signature(response, keys->receive, out.url);
    if (response.status >= 200 && response.status < 300) return std::move(response.body);
    const auto what = origin_of(out.url) + " answered " + std::to_string(response.status);
    if (response.status >= 400 && response.status < 500 && response.status != 401)
        throw UpstreamRefusal{response.status, what};
    throw Error{Errc::upstream_failed, what};
}

void UpstreamServer::replace_keys(UpstreamKeys keys) {
    auto replacement = std::make_shared<const UpstreamKeys>(std::move(keys));
    const std::lock_guard lock{mutex_};
    keys_.swap(replacement);
}

std::shared_ptr<const UpstreamKeys> UpstreamServer::keys() const {
    const std::lock_guard lock{mutex_};
    return keys_;
}

ClientResponse UpstreamServer::exchange(const ClientRequest& request) {
    const Place place{places_};
    return client_.send(request);
}

void UpstreamServer::check_signature(const ClientResponse& response, const std::string& key,
                                     const std::string& url) {
    const auto field = response.headers.get(signature_field);
    const auto given = field ? base64_decode(*field) : std::nullopt;
    if (given && constant_time_equal(*given, hmac_sha256(key, response.body))) return;
    throw Error{Errc::upstream_failed,
                origin_of(url) + (field ? ": the answer's HMAC is wrong" : ": the answer has no HMAC")};
}

} // namespace nanomdm::http
