// A client that sends exactly the bytes it is given: what a well-behaved library would not.
#pragma once

#include "support/client_tls.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::http::test {

struct RawResponse {
    unsigned status = 0;
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;
};

/// A blocking connection with a deadline on everything. Failures throw std::runtime_error.
class RawClient {
public:
    /// @param address as TestServer gives it: with "tls:" in front, TLS is spoken.
    explicit RawClient(const std::string& address);
    RawClient(const std::string& address, const nanomdm::test::ClientTlsOptions& tls);
    ~RawClient();
    RawClient(RawClient&& other) noexcept;
    RawClient& operator=(RawClient&&) = delete;

    void send(std::string_view bytes);
    /// @return false when the server stopped taking bytes.
    bool try_send(std::string_view bytes);
    /// With TLS its goodbye and no more; else the connection's sending half is closed.
    void finish_sending();
    /// Makes close() send a reset.
    void reset_on_close();

    /// The next response by its Content-Length; nullopt when the connection ends before one begins.
    std::optional<RawResponse> read(bool head_request = false);
    /// read() that must succeed.
    RawResponse response(bool head_request = false);
    /// Everything until the server closes.
    std::string read_all();
    /// Whether the server has closed, waiting for it up to the deadline.
    bool closed();
    [[nodiscard]] nanomdm::test::ClientTls& tls() { return *tls_; }

private:
    bool fill();

    int socket_;
    std::unique_ptr<nanomdm::test::ClientTls> tls_; ///< null: in the clear
    std::string input_;
};

/// One request on one connection.
RawResponse ask(const std::string& address, std::string_view bytes);

/// "PUT path" with a body, its length and a Host.
std::string put(std::string_view path, std::string_view body, std::string_view more_headers = {});
std::string get(std::string_view path, std::string_view more_headers = {});

/// Waits for a condition, up to 20 seconds. @return whether it came true.
template <typename Condition> bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
}

} // namespace nanomdm::http::test
