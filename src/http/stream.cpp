// Two bounded buffers under one lock. Wakes are sent when somebody was left waiting, not for every piece.
#include "http/stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nanomdm::http {

void Stream::attend(Wake wake_answerer) {
    const std::lock_guard lock{mutex_};
    wake_answerer_ = std::move(wake_answerer);
    if (abandoned_) Stream::wake_answerer();
}

Stream::Taken Stream::take(char* into, std::size_t size) {
    const std::lock_guard lock{mutex_};
    const bool was_wanted = std::exchange(body_wanted_, true);
    const std::size_t left = body_.size() - taken_;
    const bool was_full = left >= capacity;
    const std::size_t bytes = std::min(size, left);
    std::memcpy(into, body_.data() + taken_, bytes);
    taken_ += bytes;
    if (taken_ == body_.size()) {
        body_.clear();
        taken_ = 0;
    }
    starved_ = bytes == 0 && !body_ended_;
    if (!body_ended_ && (!was_wanted || (was_full && left - bytes < capacity))) wake_session();
    return {bytes, body_ended_ && taken_ == body_.size()};
}

void Stream::begin(StreamHead head) {
    const std::lock_guard lock{mutex_};
    head_ = std::move(head);
    wake_session();
}

bool Stream::write(std::string_view bytes) {
    const std::lock_guard lock{mutex_};
    if (answer_.size() >= capacity) {
        crowded_ = true;
        return false;
    }
    const bool was_empty = answer_.empty();
    answer_.append(bytes);
    if (was_empty) wake_session();
    return true;
}

void Stream::finish() { end_answer(State::finished, 0); }

void Stream::fail(unsigned status) { end_answer(State::failed, status); }

void Stream::end_answer(State state, unsigned failure) {
    const std::lock_guard lock{mutex_};
    wake_answerer_ = nullptr;
    if (state_ != State::open) return;
    state_ = state;
    failure_ = failure;
    wake_session();
}

bool Stream::abandoned() const {
    const std::lock_guard lock{mutex_};
    return abandoned_;
}

bool Stream::wants_body() const {
    const std::lock_guard lock{mutex_};
    return body_wanted_ && !body_ended_ && body_.size() - taken_ < capacity;
}

void Stream::offer(std::string& bytes) {
    if (bytes.empty()) return;
    const std::lock_guard lock{mutex_};
    if (body_.empty()) {
        body_.swap(bytes);
    } else {
        body_.erase(0, std::exchange(taken_, 0));
        body_.append(bytes);
    }
    bytes.clear();
    if (std::exchange(starved_, false)) wake_answerer();
}

void Stream::end_body() {
    const std::lock_guard lock{mutex_};
    body_ended_ = true;
    if (std::exchange(starved_, false)) wake_answerer();
}

void Stream::abandon() {
    const std::lock_guard lock{mutex_};
    wake_session_ = nullptr;
    abandoned_ = true;
    wake_answerer();
}

Stream::Answer Stream::collect(std::string& into) {
    const std::lock_guard lock{mutex_};
    into.swap(answer_);
    Answer answer{std::exchange(head_, std::nullopt), state_, failure_};
    if (std::exchange(crowded_, false)) wake_answerer();
    return answer;
}

void Stream::wake_session() const {
    if (wake_session_) wake_session_();
}

void Stream::wake_answerer() const {
    if (wake_answerer_) wake_answerer_();
}

} // namespace nanomdm::http
