// `/v1/pushcert`: uploading and looking at the APNs push certificates.
#pragma once

#include "http/message.hpp"
#include "nanomdm/storage/push_store.hpp"

namespace nanomdm::http {

/// Thread-safe. Errors of the caller's input are Error{Errc::invalid}, an unknown topic is not_found.
class PushCertEndpoint {
public:
    explicit PushCertEndpoint(PushCertStore& store) noexcept : store_{store} {}

    /// PUT: a PEM certificate and its unencrypted key, in any order.
    HttpResponse store(const HttpRequest& http);
    /// GET: `?topic=T`, or `?all=1` for every topic.
    HttpResponse show(const HttpRequest& http);

private:
    PushCertStore& store_;
};

} // namespace nanomdm::http
