// One exchange too long for memory: the request's body and its answer, passed on as they come.
#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::http {

/// What a streamed answer begins with.
struct StreamHead {
    unsigned status = 200;
    Headers headers{}; ///< end-to-end fields; Content-Length and what frames are not looked at
    std::optional<std::uint64_t>
        length{}; ///< bytes of the body (of HEAD: the body there would be); nullopt: unknown
};

/// Lies between a session on its I/O thread and an answerer on a thread of its own, bounded in both
/// directions. Nothing here blocks: who finds no bytes or no room is woken later. Thread-safe; one session,
/// one answerer.
class Stream {
public:
    /// Called with a lock held: must be cheap, must not block, throw or call back.
    using Wake = std::function<void()>;

    /// What either direction holds before it takes no more; one piece may go over it.
    static constexpr std::size_t capacity = 128 * 1024;

    explicit Stream(Wake wake_session) : wake_session_{std::move(wake_session)} {}

    // The answerer's side.

    /// From now on called when there are bytes or room again, and when the client has gone.
    void attend(Wake wake_answerer);
    struct Taken {
        std::size_t bytes = 0;
        bool at_end = false; ///< nothing comes after these; false with 0 bytes: later
    };
    /// The request's body. The client is not asked for it before the first call (RFC 9110 section 10.1.1).
    [[nodiscard]] Taken take(char* into, std::size_t size);
    /// Once, before write().
    void begin(StreamHead head);
    /// Takes all or nothing. @return false: no room now.
    [[nodiscard]] bool write(std::string_view bytes);
    /// The answer is whole. The answerer is not woken any more.
    void finish();
    /// There is no (more) answer: before begin() the client gets `status`, after it the connection is cut.
    /// The answerer is not woken any more.
    void fail(unsigned status);
    /// The client has gone, or its body broke off: nobody wants the answer.
    [[nodiscard]] bool abandoned() const;

    // The session's side.

    /// There is a wish for more of the body, and room.
    [[nodiscard]] bool wants_body() const;
    /// Appends to the body; takes over any amount and leaves `bytes` empty.
    void offer(std::string& bytes);
    void end_body();
    /// The client has gone, or the exchange is over; the session is not woken any more.
    void abandon();

    enum class State { open, finished, failed };
    struct Answer {
        std::optional<StreamHead> head; ///< when it has just begun
        State state = State::open;
        unsigned failure = 0; ///< the status of fail()
    };
    /// What has come of the answer. @param into must be empty; its memory is used for what comes next.
    [[nodiscard]] Answer collect(std::string& into);

private:
    void wake_session() const;
    void wake_answerer() const;
    void end_answer(State state, unsigned failure);

    mutable std::mutex mutex_;
    Wake wake_session_;
    Wake wake_answerer_;

    std::string body_;
    std::size_t taken_ = 0; ///< of body_, at its front
    bool body_wanted_ = false;
    bool body_ended_ = false;
    bool starved_ = false; ///< the answerer found no bytes

    std::optional<StreamHead> head_;
    std::string answer_;
    bool crowded_ = false; ///< the answerer found no room
    State state_ = State::open;
    unsigned failure_ = 0;
    bool abandoned_ = false;
};

} // namespace nanomdm::http
