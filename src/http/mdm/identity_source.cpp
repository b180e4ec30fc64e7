// The two ways behind a TLS proxy: the device's own signature, or the proxy's word.
#include "http/mdm/identity_source.hpp"

#include "crypto/identity_verifier.hpp"
#include "log/log.hpp"

namespace nanomdm::http {

std::shared_ptr<const IdentityCertificate> SignatureIdentity::identify(const HttpRequest& request) {
    const auto signature = request.headers.get("Mdm-Signature");
    if (!signature || signature->empty()) return nullptr;
    return verifier_.verify_signature(*signature, request.body);
}

std::shared_ptr<const IdentityCertificate> HeaderIdentity::identify(const HttpRequest& request) {
    const auto value = request.headers.get(header_);
    if (!value || value->empty()) return nullptr;
    auto certificate = verifier_.verify_header(*value);
    if (!certificate) log::warning("undecodable identity certificate header", {{"header", header_}});
    return certificate;
}

} // namespace nanomdm::http
