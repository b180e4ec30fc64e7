// A server that answers each connection as a test's function does, byte by byte if it likes.
#pragma once

#include "support/wire/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace nanomdm::test {

/// Listens on 127.0.0.1; a thread per connection.
class WireServer {
public:
    /// Answers one request, whose head has been read. @return whether the connection goes on.
    using Serve = std::function<bool(Wire&, const WireHead&)>;

    /// @param serve called on the connections' threads, several at once; an exception closes the connection.
    explicit WireServer(Serve serve);
    /// Closes everything and waits for the threads.
    ~WireServer();
    WireServer(const WireServer&) = delete;
    WireServer& operator=(const WireServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// "http://127.0.0.1:PORT"
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::size_t connections() const; ///< accepted so far

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::test
