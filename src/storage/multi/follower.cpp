// The lanes of a follower, and what becomes of a write that fails.
#include "storage/multi/follower.hpp"

#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "pacing/once_per.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace nanomdm::storage::multi {
namespace {

using Clock = std::chrono::steady_clock;

/// Between two looks at whether an outage is over.
constexpr std::chrono::milliseconds outage_poll{100};
constexpr std::chrono::seconds between_complaints{10};

} // namespace

class Follower::Impl {
public:
    Impl(std::string name, std::unique_ptr<AllStorage> storage, Open open, FollowerOptions options)
        : name_{std::move(name)}, options_{options}, open_{std::move(open)}, storage_{std::move(storage)},
          outage_{"the storage " + name_, options.outage} {
        for (auto& lane : lanes_) lane.thread = std::thread{[this, &lane] { run(lane); }};
    }

    ~Impl() { stop(Clock::now()); }

    void write(const Write& write) noexcept {
        if (!reserve(write)) {
            // Nobody counts on when exactly a device was last seen.
            if (!write.dispensable) miss(write, "too many writes wait");
            return;
        }
        try {
            auto& lane = lanes_[write.lane];
            {
                const std::lock_guard lock{lane.mutex};
                lane.writes.push_back(write);
            }
            lane.changed.notify_all();
        } catch (const std::exception& error) {
            release(write);
            miss(write, error.what());
        }
    }

    bool flush(Clock::time_point deadline) {
        std::unique_lock lock{idle_mutex_};
        return idle_.wait_until(lock, deadline, [this] { return waiting_ == 0; });
    }

    void stop(Clock::time_point deadline) {
        const std::lock_guard once{stop_mutex_};
        flush(deadline);
        stopping_ = true;
        for (auto& lane : lanes_) {
            const std::lock_guard lock{lane.mutex};
            lane.changed.notify_all();
        }
        for (auto& lane : lanes_)
            if (lane.thread.joinable()) lane.thread.join();
        const auto left = waiting_.exchange(0);
        if (left == 0) return;
        missed_ += left;
        log::error("a storage missed the writes that were waiting for it at the end",
                   {{"storage", name_}, {"writes", std::to_string(left)}});
    }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] FollowerStatistics statistics() const noexcept {
        return {.written = written_, .missed = missed_, .waiting = waiting_};
    }

private:
    struct Lane {
        std::mutex mutex;
        std::condition_variable changed;
        std::deque<Write> writes; ///< the first one may be under way
        std::thread thread;
    };

    /// Takes its place among what waits, if there is one.
    bool reserve(const Write& write) noexcept {
        const auto share = write.dispensable ? std::size_t{2} : std::size_t{1};
        const auto writes = waiting_.fetch_add(1) + 1;
        const auto bytes = bytes_.fetch_add(write.bytes) + write.bytes;
        if (!stopping_ && writes <= options_.most_writes / share && bytes <= options_.most_bytes / share)
            return true;
        release(write);
        return false;
    }

    void release(const Write& write) noexcept {
        bytes_ -= write.bytes;
        if (--waiting_ > 0) return;
        const std::lock_guard lock{idle_mutex_};
        idle_.notify_all();
    }

    void run(Lane& lane) {
        std::unique_lock lock{lane.mutex};
        for (;;) {
            lane.changed.wait(lock, [&] { return stopping_ || !lane.writes.empty(); });
            if (stopping_) return;
            auto& write = lane.writes.front(); // stays where it is while others are added behind
            lock.unlock();
            const bool ended = carry_out(lane, write);
            lock.lock();
            if (!ended) return;
            const auto done = std::move(lane.writes.front());
            lane.writes.pop_front();
            release(done);
        }
    }

    /// Tries until the write is done or given up. @return false when the end came first.
    bool carry_out(Lane& lane, const Write& write) {
        unsigned tries = 0;
        for (;;) {
            if (!wait_for_admission(lane)) return false;
            const auto written_before = written_.load();
            try {
                const bool complete = write.apply(storage());
                outage_.answered();
                if (complete)
                    ++written_;
                else
                    miss(write, "it lacks what came before");
                return true;
            } catch (const Error& error) {
                if (error.code() != Errc::unavailable) return refused(write, error);
                outage_.failed();
                if (written_ != written_before && ++tries >= options_.tries) {
                    miss(write, error.what());
                    return true;
                }
            } catch (const std::exception& error) {
                return refused(write, error);
            }
        }
    }

    bool refused(const Write& write, const std::exception& error) {
        outage_.answered();
        miss(write, error.what());
        return true;
    }

    bool wait_for_admission(Lane& lane) {
        std::unique_lock lock{lane.mutex};
        while (!stopping_) {
            if (outage_.admit() != Admission::none) return true;
            lane.changed.wait_for(lock, outage_poll, [this] { return stopping_.load(); });
        }
        return false;
    }

    /// @throws Error{Errc::unavailable} while it cannot be opened.
    AllStorage& storage() {
        const std::lock_guard lock{open_mutex_};
        if (storage_) return *storage_;
        try {
            storage_ = open_();
        } catch (const std::exception& error) {
            throw Error{Errc::unavailable, error.what()};
        }
        return *storage_;
    }

    void miss(const Write& write, const char* why) noexcept {
        const auto missed = ++missed_;
        if (!complaint_.due()) return;
        log::error(
            "a storage missed writes",
            {{"storage", name_}, {"missed", std::to_string(missed)}, {"last", write.name}, {"err", why}});
    }

    const std::string name_;
    const FollowerOptions options_;
    const Open open_;

    std::mutex open_mutex_;
    std::unique_ptr<AllStorage> storage_;

    Outage outage_;
    OncePer complaint_{between_complaints};
    std::atomic<std::uint64_t> written_{0};
    std::atomic<std::uint64_t> missed_{0};
    std::atomic<std::uint64_t> waiting_{0};
    std::atomic<std::size_t> bytes_{0};

    std::mutex idle_mutex_;
    std::condition_variable idle_;
    std::mutex stop_mutex_;
    std::atomic<bool> stopping_{false};
    std::array<Lane, lanes> lanes_; ///< last: their threads use the others
};

Follower::Follower(std::string name, std::unique_ptr<AllStorage> storage, Open open, FollowerOptions options)
    : impl_{std::make_unique<Impl>(std::move(name), std::move(storage), std::move(open), options)} {}

Follower::~Follower() = default;

void Follower::write(const Write& write) noexcept { impl_->write(write); }

bool Follower::flush(std::chrono::steady_clock::time_point deadline) { return impl_->flush(deadline); }

void Follower::stop(std::chrono::steady_clock::time_point deadline) { impl_->stop(deadline); }

const std::string& Follower::name() const noexcept { return impl_->name(); }

FollowerStatistics Follower::statistics() const noexcept { return impl_->statistics(); }

} // namespace nanomdm::storage::multi
