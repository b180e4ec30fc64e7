// `/v1/escrowkeyunlock`: asks Apple to take the Activation Lock off a device.
#pragma once

#include "http/client/http_client.hpp"
#include "http/message.hpp"
#include "nanomdm/storage/push_store.hpp"

#include <string>

namespace nanomdm::http {

/// Apple: «Creating and using bypass codes». Blocking, for as long as Apple takes. Thread-safe. The escrow
/// key unlocks the device for whoever knows it: neither it nor the request is ever logged.
class EscrowEndpoint {
public:
    /// @param url Apple's; absolute, http or https
    EscrowEndpoint(PushCertStore& certificates, HttpClient& client, std::string url)
        : certificates_{certificates}, client_{client}, url_{std::move(url)} {}

    /// POST: a form with `topic serial productType escrowKey orgName guid`, and as far as the device has them
    /// `imei imei2 meid`. The push certificate of the topic authenticates the request to Apple.
    /// @return Apple's status, end-to-end fields and body.
    /// @throws Error{Errc::invalid} when a parameter is missing, Error{Errc::not_found} for an unknown topic,
    /// Error{Errc::upstream_failed} when no answer came.
    HttpResponse unlock(const HttpRequest& http);

private:
    PushCertStore& certificates_;
    HttpClient& client_;
    const std::string url_;
};

} // namespace nanomdm::http
