// One queue per thread; an enrollment always has the same one, which keeps its order.
#include "webhook/notices.hpp"

#include "log/log.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace nanomdm::webhook {
namespace {

using Clock = std::chrono::steady_clock;

} // namespace

class Notices::Impl {
public:
    Impl(Receiver& receiver, Outage& outage, Statistics& statistics, NoticeOptions options)
        : receiver_{receiver}, outage_{outage}, statistics_{statistics}, options_{options},
          queues_(options.threads) {
        try {
            for (auto& queue : queues_) threads_.emplace_back([this, &queue] { run(queue); });
        } catch (...) {
            stop(); // or joining those that did start would wait for good
            throw;
        }
    }
    ~Impl() { stop(); }

    void add(Event event) noexcept try {
        auto& queue = queues_[std::hash<EnrollmentId>{}(event.enrollment) % queues_.size()];
        const std::size_t bytes = event.body.size();
        {
            const std::lock_guard lock{mutex_};
            if (draining_ || count_ >= options_.most || bytes > options_.most_bytes - bytes_) {
                ++statistics_.notices_dropped;
                return;
            }
            queue.events.push_back(std::move(event));
            ++count_;
            bytes_ += bytes;
        }
        queue.changed.notify_one();
    } catch (const std::exception&) { // no memory
        ++statistics_.notices_dropped;
    }

    bool drain(Clock::time_point deadline) {
        std::unique_lock lock{mutex_};
        draining_ = true;
        for (auto& queue : queues_) queue.changed.notify_all();
        return empty_.wait_until(lock, deadline, [this] { return count_ == 0; });
    }

    void stop() {
        {
            const std::lock_guard lock{mutex_};
            draining_ = stopping_ = true;
            for (auto& queue : queues_) queue.changed.notify_all();
        }
        for (auto& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }

private:
    using Lock = std::unique_lock<std::mutex>;

    struct Queue {
        std::deque<Event> events; ///< the first stays while it is tried
        int tries = 0;            ///< of the first
        std::condition_variable changed;
    };

    void run(Queue& queue) {
        Backoff backoff{options_.pause};
        Lock lock{mutex_};
        for (;;) {
            queue.changed.wait(lock, [&] { return draining_ || !queue.events.empty(); });
            if (stopping_ || (draining_ && queue.events.empty())) break;
            if (const auto pause = try_first(queue, lock, backoff); pause.count() > 0)
                queue.changed.wait_for(lock, pause, [this] { return draining_; });
        }
        statistics_.notices_dropped += queue.events.size();
        while (!queue.events.empty()) drop_first(queue);
    }

    /// @return how long to wait before the next.
    std::chrono::milliseconds try_first(Queue& queue, Lock& lock, Backoff& backoff) {
        constexpr std::chrono::milliseconds in_outage{250};
        if (outage_.admit() == Admission::none) {
            if (!draining_) return in_outage;
            ++statistics_.notices_dropped;
            drop_first(queue);
            return {};
        }
        const Event& event = queue.events.front(); // a deque's first stays where it is while others are added
        lock.unlock();
        const auto verdict = receiver_.deliver(event);
        const bool failed = verdict.outcome == Verdict::Outcome::failed;
        if (failed)
            outage_.failed();
        else
            outage_.answered();
        lock.lock();
        if (failed && ++queue.tries < options_.tries && !draining_)
            return backoff.after(static_cast<unsigned>(queue.tries));
        if (verdict.outcome == Verdict::Outcome::delivered) {
            ++statistics_.notices_delivered;
        } else {
            ++statistics_.notices_dropped;
            log::debug("event dropped",
                       {{"event_id", event.id}, {"topic", event.topic}, {"err", verdict.reason}});
        }
        drop_first(queue);
        return {};
    }

    void drop_first(Queue& queue) {
        bytes_ -= queue.events.front().body.size();
        queue.events.pop_front();
        queue.tries = 0;
        if (--count_ == 0) empty_.notify_all();
    }

    Receiver& receiver_;
    Outage& outage_;
    Statistics& statistics_;
    const NoticeOptions options_;

    std::mutex mutex_; ///< guards all below, the queues' content included
    std::vector<Queue> queues_;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    bool draining_ = false;
    bool stopping_ = false;
    std::condition_variable empty_;
    std::vector<std::thread> threads_;
};

Notices::Notices(Receiver& receiver, Outage& outage, Statistics& statistics, NoticeOptions options)
    : impl_{std::make_unique<Impl>(receiver, outage, statistics, options)} {}

Notices::~Notices() = default;

void Notices::add(Event event) noexcept { impl_->add(std::move(event)); }

bool Notices::drain(std::chrono::steady_clock::time_point deadline) { return impl_->drain(deadline); }

void Notices::stop() { impl_->stop(); }

} // namespace nanomdm::webhook
