// An HTTP request and its response as the handlers see them: plain values, no Beast.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::http {

/// Header fields in the order sent. Names compare without case; a handful per message, so a vector.
class Headers {
public:
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    void reserve(std::size_t count) { fields_.reserve(count); }
    /// The first field of that name. @return nullopt when absent.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;

    /// How many fields have that name.
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
    [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
    [[nodiscard]] auto end() const noexcept { return fields_.end(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// A whole request, body included.
struct HttpRequest {
    std::string method; ///< as sent, "PUT"
    std::string path;   ///< percent-encoded, without the query
    std::string query;  ///< without the '?'; empty when there is none
    Headers headers;
    std::string body;
    std::string remote;   ///< the client's address without port; "unix" for a Unix socket
    std::string peer{};   ///< the same of who connected: the client, or the last of the proxies
    std::string trace_id; ///< 16 hex digits, made here
    /// DER, presented in the TLS handshake with this server; its trust is not looked at. Null: none.
    std::shared_ptr<const std::string> client_certificate{};
};

struct HttpResponse {
    unsigned status = 200;
    std::string body{};
    std::string content_type{}; ///< empty: no Content-Type
    Headers headers{};          ///< further fields
};

/// The plain answer to an error: the status text and a newline, `text/plain`.
/// (With the charset, as Go's http.Error sends it.)
[[nodiscard]] HttpResponse error_response(unsigned status);

/// Compares as header field names do: ASCII letters without case.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// Undoes percent-encoding; nullopt when an escape is broken. '+' stays as it is.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// The parameters of a query string, decoded ('+' is a space), in order; broken ones are left out.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

} // namespace nanomdm::http
