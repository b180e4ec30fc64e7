// Compares Basic credentials with the digests of every accepted key.
#include "http/auth.hpp"

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "nanomdm/error.hpp"

namespace nanomdm::http {

BasicAuth::BasicAuth(std::string user, const std::vector<std::string>& keys)
    : user_{std::move(user)}, accepted_{digests(keys)} {}

std::shared_ptr<const BasicAuth::Credentials> BasicAuth::digests(const std::vector<std::string>& keys) const {
    auto credentials = std::make_shared<Credentials>();
    for (const auto& key : keys) {
        if (key.empty()) throw Error{Errc::invalid, "an API key is empty"};
        credentials->push_back(sha256(user_ + ':' + key));
    }
    return credentials;
}

void BasicAuth::replace_keys(const std::vector<std::string>& keys) {
    auto replacement = digests(keys);
    const std::lock_guard lock{mutex_};
    accepted_.swap(replacement);
}

bool BasicAuth::allows(const HttpRequest& request) const {
    static constexpr std::string_view scheme = "Basic ";
    const auto header = request.headers.get("Authorization");
    if (!header || !equal_ignoring_case(header->substr(0, scheme.size()), scheme)) return false;
    const auto credentials = base64_decode(header->substr(scheme.size()));
    if (!credentials) return false;
    const auto digest = sha256(*credentials);

    std::shared_ptr<const Credentials> accepted;
    {
        const std::lock_guard lock{mutex_};
        accepted = accepted_;
    }
    bool allowed = false;
    for (const auto& candidate : *accepted) allowed |= constant_time_equal(candidate, digest);
    return allowed;
}

HttpResponse BasicAuth::challenge() {
    auto response = error_response(401);
    response.headers.add("WWW-Authenticate", "Basic realm=\"nanomdm\"");
    return response;
}

Admission BasicAuth::admission() const {
    return [this](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (allows(request)) return std::nullopt;
        return challenge();
    };
}

} // namespace nanomdm::http
