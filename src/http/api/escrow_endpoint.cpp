// The administrator's form into Apple's query and form, and Apple's answer back.
#include "http/api/escrow_endpoint.hpp"

#include "http/hop_by_hop.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::http {
namespace {

/// The parameters of a form, each by its first value.
class Form {
public:
    explicit Form(std::string_view body) : fields_{parse_query(body)} {}

    [[nodiscard]] std::string_view value(std::string_view name) const {
        const auto found = std::ranges::find(fields_, name, &std::pair<std::string, std::string>::first);
        return found == fields_.end() ? std::string_view{} : found->second;
    }

    /// @throws Error{Errc::invalid}
    [[nodiscard]] std::string_view required(std::string_view name) const {
        const auto found = value(name);
        if (found.empty()) throw Error{Errc::invalid, "missing parameter " + std::string{name}};
        return found;
    }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// application/x-www-form-urlencoded, as browsers and Go write it.
void append_encoded(std::string& out, std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                              c == '-' || c == '.' || c == '_' || c == '~';
        if (is_plain)
            out += c;
        else if (c == ' ')
            out += '+';
        else
            out.append(1, '%').append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
    }
}

/// Those of the fields that are there, in this order.
std::string encode(const Form& form, std::initializer_list<std::string_view> names) {
    std::string out;
    for (const auto name : names) {
        const auto value = form.value(name);
        if (value.empty()) continue;
        if (!out.empty()) out += '&';
        out.append(name).append(1, '=');
        append_encoded(out, value);
    }
    return out;
}

HttpResponse passed_on(ClientResponse answer) {
    HttpResponse response{.status = answer.status, .body = std::move(answer.body)};
    for (const auto& [name, value] : end_to_end(answer.headers)) {
        if (equal_ignoring_case(name, "Content-Type"))
            response.content_type = value;
        else
            response.headers.add(name, value);
    }
    return response;
}

} // namespace

HttpResponse EscrowEndpoint::unlock(const HttpRequest& http) {
    const Form form{http.body};
    for (const auto* name : {"serial", "productType", "escrowKey", "orgName", "guid"})
        (void)form.required(name);
    const Topic topic{std::string{form.required("topic")}};
    auto certificate = certificates_.push_certificate(topic);
    if (!certificate) throw Error{Errc::not_found, "no push certificate for this topic"};

    ClientRequest request{.method = "POST",
                          .url = url_ + (url_.find('?') == std::string::npos ? '?' : '&') +
                                 encode(form, {"serial", "productType", "imei", "imei2", "meid"}),
                          .body = encode(form, {"orgName", "guid", "escrowKey"}),
                          .identity = ClientIdentity{std::move(certificate->certificate_pem),
                                                     std::move(certificate->private_key_pem)}};
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    auto answer = client_.send(request);
    log::info("escrow key unlock",
              {{"serial", std::string{form.value("serial")}}, {"status", std::to_string(answer.status)}});
    return passed_on(std::move(answer));
}

} // namespace nanomdm::http
