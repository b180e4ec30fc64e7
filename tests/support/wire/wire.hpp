// One end of an HTTP/1.1 connection whose bodies are read and written piece by piece.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::test {

/// The head of a request or an answer.
struct WireHead {
    std::string first_line;
    std::multimap<std::string, std::string> fields; ///< names in lower case

    /// The only field of that name. @throws std::runtime_error when there are several.
    [[nodiscard]] std::optional<std::string> field(const std::string& lower_case_name) const;
    [[nodiscard]] int status() const;         ///< of an answer
    [[nodiscard]] std::string method() const; ///< of a request
    [[nodiscard]] std::string target() const;
};

/// Blocking, with a deadline on every wait: std::runtime_error.
class Wire {
public:
    /// Takes the socket over.
    explicit Wire(int socket) : socket_{socket} {}
    /// To 127.0.0.1.
    [[nodiscard]] static Wire connect(std::uint16_t port);
    ~Wire();
    Wire(Wire&& other) noexcept;
    Wire& operator=(Wire&&) = delete;

    /// @return false when the other end has gone.
    bool send(std::string_view bytes);
    /// One chunk of a chunked body.
    bool send_chunk(std::string_view bytes);
    /// So much at most is on its way without being read; before anything is.
    void shrink_receive_buffer(int bytes);

    /// Up to the empty line. @return nullopt when the connection ends before it begins.
    [[nodiscard]] std::optional<WireHead> read_head();
    /// read_head() that must succeed.
    [[nodiscard]] WireHead head();

    /// Bytes of the body that a head announced; 0 at its end.
    [[nodiscard]] std::size_t read_body(char* into, std::size_t size);
    /// All of it. @throws std::runtime_error when it breaks off.
    [[nodiscard]] std::string body();
    /// Whether the body came to its end as its framing has it.
    [[nodiscard]] bool body_is_whole() const noexcept { return body_ended_; }
    /// After the head of an answer to HEAD.
    void expect_no_body() noexcept {
        framing_ = Framing::none;
        body_ended_ = true;
    }

    /// Whether the other end closes, or resets, within the deadline; what comes before is dropped.
    [[nodiscard]] bool closes();
    /// The same, looking away after `patience`.
    [[nodiscard]] bool closes_within(std::chrono::milliseconds patience);
    /// From another thread: ends what waits.
    void shut() noexcept;

private:
    enum class Framing { none, length, chunked, connection };

    bool fill(std::chrono::milliseconds patience);
    std::optional<std::string> read_line();
    bool begin_chunk();

    int socket_;
    std::string buffered_;
    bool at_end_ = false;
    Framing framing_ = Framing::none;
    std::uint64_t left_ = 0; ///< of the body, or of the chunk
    bool body_ended_ = false;
};

/// Bytes that tell where they stand: the body of a test, of any size, made and checked piece by piece.
class Pattern {
public:
    /// The bytes from the position on, at least 1 MiB of them.
    [[nodiscard]] static std::string_view at(std::uint64_t position);
    /// @return whether the bytes stand there.
    [[nodiscard]] static bool matches(std::uint64_t position, std::string_view bytes);
};

} // namespace nanomdm::test
