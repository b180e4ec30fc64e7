// A TCP connection that sends exactly the bytes a test wants, right or wrong.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::test {

class RawConnection {
public:
    /// @throws std::system_error when nobody listens.
    explicit RawConnection(std::uint16_t port);
    ~RawConnection();
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    /// @return false when the peer has closed.
    bool send(std::string_view bytes);
    /// No more will be sent; reading goes on.
    void finish_sending();

    struct Response {
        int status = 0;
        std::string head; ///< status line and fields
        std::string body;
    };
    /// One response with a Content-Length (or none: no body).
    /// @return nullopt when the peer closes before it is whole, or after `patience`.
    std::optional<Response> read_response(std::chrono::milliseconds patience = std::chrono::seconds{20});
    /// @return whether the peer closes within `patience`; what it sends before is dropped.
    bool closes(std::chrono::milliseconds patience = std::chrono::seconds{20});

private:
    bool read_more(std::chrono::steady_clock::time_point deadline);

    int socket_ = -1;
    bool closed_ = false;
    std::string buffered_;
};

} // namespace nanomdm::test
