// One keep-alive HTTP client: what a device or an administrator's curl does.
#pragma once

#include "support/simulator/identity.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::sim {

struct HttpRequest {
    std::string method = "GET";
    std::string url = {};
    std::vector<std::pair<std::string, std::string>> headers =
        {}; ///< an empty value removes curl's own field
    std::string body = {};
    bool has_body = false; ///< sends Content-Length: 0 too when the body is empty
};

struct HttpResponse {
    long status = 0;
    std::vector<std::pair<std::string, std::string>> headers; ///< names in lower case
    std::string body;

    [[nodiscard]] std::optional<std::string> header(std::string_view lower_case_name) const;
};

/// No answer: refused, reset, timed out, or TLS failed.
class ConnectionError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct TlsOptions {
    std::optional<Identity> client; ///< presented to the server
    std::string ca_pem;             ///< trusted instead of the system's; empty: the system's
    std::string from = {};          ///< the address to connect from; empty: the system's choice
};

/// Not thread-safe; one per thread.
class HttpClient {
public:
    explicit HttpClient(TlsOptions tls = {}, std::chrono::milliseconds timeout = std::chrono::seconds{60});
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;

    /// @throws ConnectionError
    HttpResponse send(const HttpRequest& request);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::sim
