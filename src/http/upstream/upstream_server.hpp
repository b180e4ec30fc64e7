// A server that is asked on a device's behalf: who asks is said in headers, both sides sign bodies.
#pragma once

#include "http/client/http_client.hpp"
#include "http/upstream/url_prefix.hpp"
#include "nanomdm/mdm/enrollment.hpp"
#include "nanomdm/mdm/request.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <string_view>

namespace nanomdm::http {

struct UpstreamKeys {
    std::string send{};    ///< HMAC-SHA-256 key for what is sent; empty: unsigned
    std::string receive{}; ///< the same for answers; empty: they are not checked
};

/// How many may wait for other servers at once: fewer than there are threads for it, so that a server that
/// hangs leaves some of them to the others.
using Places = std::counting_semaphore<>;

/// Blocking, thread-safe.
class UpstreamServer {
public:
    UpstreamServer(HttpClient& client, UrlPrefix prefix, UpstreamKeys keys, Places& places)
        : client_{client}, prefix_{std::move(prefix)},
          keys_{std::make_shared<const UpstreamKeys>(std::move(keys))}, places_{places} {}

    /// GET where `json` is empty, else PUT.
    /// @param reference below the prefix
    /// @return the body of an answer that is a success.
    /// @throws UpstreamRefusal for a 4xx but 401.
    /// @throws Error{Errc::upstream_failed} for every other answer, one without a valid signature where one
    /// is asked for, or none in time; Error{Errc::invalid} as UrlPrefix::resolve(); Error{Errc::unavailable}
    /// when there is no place.
    [[nodiscard]] std::string ask(const Request& request, const Enrollment& enrollment,
                                  std::string_view reference, std::string_view json);

    /// From the next request on. Any thread.
    void replace_keys(UpstreamKeys keys);

private:
    [[nodiscard]] std::shared_ptr<const UpstreamKeys> keys() const;
    [[nodiscard]] ClientResponse exchange(const ClientRequest& request);
    static void check_signature(const ClientResponse& response, const std::string& key,
                                const std::string& url);

    HttpClient& client_;
    const UrlPrefix prefix_;
    mutable std::mutex mutex_;
    std::shared_ptr<const UpstreamKeys> keys_;
    Places& places_;
};

} // namespace nanomdm::http
