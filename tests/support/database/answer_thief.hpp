// A proxy before a database server that loses an answer.
#pragma once

#include <cstdint>
#include <memory>

namespace nanomdm::test {

/// Hands everything on between its clients and the server. Told to steal an answer, it lets the command reach
/// the server and take effect there, and cuts the connection instead of handing the answer on: its client
/// cannot know what became of the command. No TLS.
class AnswerThief {
public:
    /// @throws std::system_error when it cannot listen.
    explicit AnswerThief(std::uint16_t server_port);
    ~AnswerThief();
    AnswerThief(const AnswerThief&) = delete;
    AnswerThief& operator=(const AnswerThief&) = delete;

    /// Of 127.0.0.1.
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// Steals one answer: to command number `count` from now, counted from 1 over all connections.
    void steal_answer(int count);
    /// @return whether it has stolen the answer it was told to; if not, it will not any more.
    [[nodiscard]] bool has_stolen();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::test
