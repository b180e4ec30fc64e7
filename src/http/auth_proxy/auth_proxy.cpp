// Who asks, what for, and off it goes.
#include "http/auth_proxy/auth_proxy.hpp"

#include "http/auth_proxy/forwarded_fields.hpp"
#include "http/dispatch.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"

#include <charconv>

namespace nanomdm::http {
namespace {

constexpr std::string_view endpoint = "/authproxy/";

UrlPrefix without_query(const std::string& url) {
    if (url.find('?') != std::string::npos) throw Error{Errc::invalid, "has a query"};
    return UrlPrefix{url};
}

/// `user:password@`, which libcurl makes Authorization of.
bool names_user(const std::string& url) {
    const auto authority = url.find("://");
    if (authority == std::string::npos) return false;
    const auto begin = authority + 3;
    return url.substr(begin, url.find('/', begin) - begin).find('@') != std::string::npos;
}

} // namespace

void AuthProxy::check_url(const std::string& url) { (void)without_query(url); }

AuthProxy::AuthProxy(const AuthProxyOptions& options, IdentitySource& identity, CertAuthStore& certificates,
                     StreamClient& client)
    : url_{without_query(options.url)}, has_credentials_{names_user(options.url)},
      cert_header_{options.cert_header}, identity_{identity}, certificates_{certificates}, client_{client} {}

void AuthProxy::add_routes(Router& router) {
    router.add({.path = std::string{endpoint},
                .methods = {},
                .handler = {},
                .stream = [this](HttpRequest& request,
                                 const std::shared_ptr<Stream>& stream) { return pass_on(request, stream); },
                .streams_body = !identity_.needs_body()});
}

std::optional<HttpResponse> AuthProxy::pass_on(HttpRequest& request, const std::shared_ptr<Stream>& stream) {
    const auto device = device_of(request);
    log::debug("passed on", {{"id", device.str()}, {"method", request.method}, {"path", request.path}});
    if (client_.forward(forwarded(request, device), stream)) return std::nullopt;
    log::warning("too many exchanges are passed on already");
    return overloaded();
}

EnrollmentId AuthProxy::device_of(const HttpRequest& request) {
    const auto certificate = identity_.identify(request);
    if (!certificate) throw Error{Errc::invalid, "no identity certificate"};
    auto device = certificates_.device_of_certificate(certificate->hash);
    if (!device) throw Error{Errc::invalid, "the certificate is associated with no device"};
    return *device;
}

StreamRequest AuthProxy::forwarded(const HttpRequest& request, const EnrollmentId& device) const {
    const std::string_view path{request.path};
    StreamRequest out{.method = request.method,
                      .url = url_.below(path.substr(endpoint.size()), request.query),
                      .headers = forwarded_fields(request, {.enrollment_id = device.str(),
                                                            .identity_field = cert_header_,
                                                            .replaces_authorization = has_credentials_}),
                      .trace_id = request.trace_id};
    const auto length = request.headers.get("Content-Length");
    const bool is_chunked = request.headers.count("Transfer-Encoding") > 0;
    if (is_chunked && !identity_.needs_body()) {
        out.body = StreamRequest::Body::of_unknown_length;
    } else if (is_chunked) {
        out.body = StreamRequest::Body::of_length;
        out.length = request.body.size();
    } else if (length) {
        out.body = StreamRequest::Body::of_length;
        std::from_chars(length->data(), length->data() + length->size(),
                        out.length); // the parser's, so a number
    }
    return out;
}

} // namespace nanomdm::http
