// The two ways behind a TLS proxy, the device's own signature or the proxy's word; and the one without.
#include "http/mdm/identity_source.hpp"

#include "crypto/identity_verifier.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"

namespace nanomdm::http {
namespace {

/// Two fields mean that a client has sent one of its own and a proxy in front has added to it: neither is to
/// be believed. @throws Error{Errc::invalid}
std::optional<std::string_view> only_field(const HttpRequest& request, std::string_view name) {
    if (request.headers.count(name) > 1)
        throw Error{Errc::invalid, "more than one header " + std::string{name}};
    const auto value = request.headers.get(name);
    return value && !value->empty() ? value : std::nullopt;
}

} // namespace

std::shared_ptr<const IdentityCertificate> SignatureIdentity::identify(const HttpRequest& request) {
    const auto signature = only_field(request, "Mdm-Signature");
    if (!signature) return nullptr;
    return verifier_.verify_signature(*signature, request.body);
}

std::shared_ptr<const IdentityCertificate> HeaderIdentity::identify(const HttpRequest& request) {
    const auto value = only_field(request, header_);
    if (!value) return nullptr;
    auto certificate = verifier_.verify_header(*value);
    if (!certificate) log::warning("undecodable identity certificate header", {{"header", header_}});
    return certificate;
}

std::shared_ptr<const IdentityCertificate> TlsIdentity::identify(const HttpRequest& request) {
    return request.client_certificate ? verifier_.verify_der(*request.client_certificate) : nullptr;
}

} // namespace nanomdm::http
