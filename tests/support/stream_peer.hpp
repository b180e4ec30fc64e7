// The two sides of a Stream as a test's blocking code sees them.
#pragma once

#include "http/stream.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace nanomdm::http::test {

/// What a wake rings, and a test waits for. Shared with the wake, which may outlive the test's interest.
class Doorbell {
public:
    [[nodiscard]] static std::pair<std::shared_ptr<Doorbell>, Stream::Wake> make() {
        auto bell = std::make_shared<Doorbell>();
        return {bell, [bell] {
                    const std::lock_guard lock{bell->mutex_};
                    ++bell->rings_;
                    bell->changed_.notify_all();
                }};
    }
    /// Tries until it succeeds, after each ring again. @throws std::runtime_error after 20 s.
    template <class Attempt> void until(Attempt attempt) {
        for (;;) {
            std::unique_lock lock{mutex_};
            const auto seen = rings_;
            lock.unlock();
            if (attempt()) return;
            lock.lock();
            if (!changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return rings_ != seen; }))
                throw std::runtime_error{"nobody rang"};
        }
    }
    [[nodiscard]] int rings() const {
        const std::lock_guard lock{mutex_};
        return rings_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    int rings_ = 0;
};

/// Answers.
class Answerer {
public:
    explicit Answerer(std::shared_ptr<Stream> stream) : stream_{std::move(stream)} {
        auto [bell, wake] = Doorbell::make();
        bell_ = std::move(bell);
        stream_->attend(std::move(wake));
    }
    /// Some bytes of the body; empty at its end, or when the client has gone.
    [[nodiscard]] std::string read() {
        std::string piece(64 * 1024, '\0');
        bell_->until([&] {
            const auto [bytes, at_end] = stream_->take(piece.data(), piece.size());
            if (bytes == 0 && !at_end && !stream_->abandoned()) return false;
            piece.resize(bytes);
            return true;
        });
        return piece;
    }
    /// @return false when the client has gone.
    bool write(std::string_view bytes) {
        bell_->until([&] { return stream_->abandoned() || stream_->write(bytes); });
        return !stream_->abandoned();
    }
    void await_abandoned() {
        bell_->until([&] { return stream_->abandoned(); });
    }
    [[nodiscard]] Stream& stream() noexcept { return *stream_; }

private:
    std::shared_ptr<Stream> stream_;
    std::shared_ptr<Doorbell> bell_;
};

/// Asks, in place of a session.
class Asker {
public:
    Asker() {
        auto [bell, wake] = Doorbell::make();
        bell_ = std::move(bell);
        stream_ = std::make_shared<Stream>(std::move(wake));
    }
    [[nodiscard]] const std::shared_ptr<Stream>& stream() const noexcept { return stream_; }

    /// Sends a piece of the body once it is wanted.
    void offer(std::string bytes) {
        bell_->until([&] { return stream_->wants_body(); });
        stream_->offer(bytes);
    }
    /// Everything up to the end of the answer.
    Stream::State read_all() {
        Stream::State state{};
        bell_->until([&] { return (state = collect()) != Stream::State::open; });
        return state;
    }
    /// Until the answer has begun.
    void await_head() {
        bell_->until([&] { return collect() != Stream::State::open || head; });
    }

    std::optional<StreamHead> head;
    std::string body;
    unsigned failure = 0;

private:
    Stream::State collect() {
        std::string piece;
        auto answer = stream_->collect(piece);
        if (answer.head) head = std::move(answer.head);
        body += piece;
        failure = answer.failure;
        return answer.state;
    }

    std::shared_ptr<Stream> stream_;
    std::shared_ptr<Doorbell> bell_;
};

} // namespace nanomdm::http::test
