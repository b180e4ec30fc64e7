// A clerk who sees to the storage, and couriers who see to the receiver.
#include "webhook/sender.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace nanomdm::webhook {
namespace {

using Clock = std::chrono::steady_clock;

} // namespace

class Sender::Impl {
public:
    Impl(OutboxStore& outbox, Receiver& receiver, Outage& outage, Statistics& statistics,
         SenderOptions options)
        : outbox_{outbox}, receiver_{receiver}, outage_{outage}, statistics_{statistics}, options_{std::move(
                                                                                              options)} {
        try {
            for (std::size_t i = 0; i < options_.threads; ++i)
                couriers_.emplace_back([this] { deliver_lanes(); });
            clerk_ = std::thread{[this] { keep_books(); }};
        } catch (...) {
            stop(); // or joining those that did start would wait for good
            throw;
        }
    }
    ~Impl() { stop(); }

    void wake() noexcept {
        if (woken_.exchange(true)) return;
        { const std::lock_guard lock{mutex_}; } // the clerk either sees the flag or already waits
        for_clerk_.notify_one();
    }

    bool drain(Clock::time_point deadline) {
        begin_stop();
        std::unique_lock lock{mutex_};
        return for_drain_.wait_until(lock, deadline, [this] { return under_way_ == 0; });
    }

    void stop() {
        begin_stop();
        for (auto& courier : couriers_) {
            if (courier.joinable()) courier.join();
        }
        if (clerk_.joinable()) clerk_.join();
    }

private:
    void begin_stop() {
        stopping_ = true;
        { const std::lock_guard lock{mutex_}; }
        for_clerk_.notify_all();
        for_couriers_.notify_all();
    }

    // The clerk.

    void keep_books() {
        auto next_upkeep = Clock::now();
        for (bool last = false; !last;) {
            woken_ = false; // before the look at the outbox: what comes later calls again
            last = take_finished();
            give_back();
            const bool wants_more = !last && owed_.empty() && !stopping_ && take_lanes();
            if (!stopping_ && Clock::now() >= next_upkeep) {
                look_at_backlog();
                next_upkeep = Clock::now() + options_.upkeep;
            }
            std::unique_lock lock{mutex_};
            for_clerk_.wait_for(lock, options_.poll, [&] {
                return (woken_ && wants_more) || !finished_.empty() ||
                       (stopping_ && (under_way_ == 0 || !to_visit_.empty()));
            });
        }
    }

    /// @return whether that was all there ever will be.
    bool take_finished() {
        const std::lock_guard lock{mutex_};
        if (stopping_) {
            for (const OutboxLane& lane : to_visit_)
                finished_.push_back({.enrollment = lane.enrollment, .lease = lane.lease});
            under_way_ -= to_visit_.size();
            to_visit_.clear();
            for_drain_.notify_all();
        }
        std::ranges::move(finished_, std::back_inserter(owed_));
        finished_.clear();
        return stopping_ && under_way_ == 0;
    }

    void give_back() {
        if (owed_.empty()) return;
        if (with_storage([this] { outbox_.finish_lanes(owed_); })) owed_.clear();
    }

    /// @return false when there is nobody to give further ones to: further events need not be looked at, of
    /// which there may be thousands a second, until a courier is free or the receiver is tried again.
    bool take_lanes() {
        std::size_t free = 0;
        {
            const std::lock_guard lock{mutex_};
            free = options_.threads - under_way_;
        }
        if (free == 0) return false;
        const auto admission = outage_.admit();
        if (admission == Admission::none) return false;
        std::vector<OutboxLane> lanes;
        with_storage([&] {
            lanes = outbox_.lease_events({.lanes = admission == Admission::one ? 1 : free,
                                          .events_each = options_.events_each,
                                          .length = options_.lease});
        });
        if (lanes.empty()) {
            if (admission == Admission::one) outage_.withdraw();
            return true;
        }
        const std::lock_guard lock{mutex_};
        under_way_ += lanes.size();
        std::ranges::move(lanes, std::back_inserter(to_visit_));
        for_couriers_.notify_all();
        return under_way_ < options_.threads;
    }

    void look_at_backlog() {
        with_storage([this] {
            const auto state = outbox_.outbox_state();
            statistics_.backlog = state.waiting;
            statistics_.dead_letters = state.dead;
            statistics_.oldest = state.oldest ? std::chrono::system_clock::to_time_t(*state.oldest) : 0;
            if (state.waiting + state.dead <= options_.max_backlog) return;
            const auto shed = outbox_.shed_events(options_.max_backlog);
            statistics_.shed += shed;
            if (shed > 0)
                log::warning("too many events wait for the webhook's receiver; the oldest are gone",
                             {{"events", std::to_string(shed)}});
        });
    }

    template <class Work> bool with_storage(Work work) {
        try {
            work();
            if (std::exchange(storage_fails_, false)) log::info("the webhook's outbox is in reach again");
            return true;
        } catch (const std::exception& error) {
            if (!std::exchange(storage_fails_, true))
                log::error("the webhook's outbox is out of reach", {{"err", error.what()}});
            return false;
        }
    }

    // A courier.

    void deliver_lanes() {
        Backoff backoff{options_.retry.pause};
        std::unique_lock lock{mutex_};
        for (;;) {
            for_couriers_.wait(lock, [this] { return stopping_ || !to_visit_.empty(); });
            if (stopping_) return;
            const OutboxLane lane = std::move(to_visit_.front());
            to_visit_.pop_front();
            lock.unlock();
            auto visit = deliver(lane, backoff);
            lock.lock();
            finished_.push_back(std::move(visit));
            --under_way_;
            for_clerk_.notify_one();
            for_drain_.notify_all();
        }
    }

    LaneVisit deliver(const OutboxLane& lane, Backoff& backoff) {
        LaneVisit visit{.enrollment = lane.enrollment, .lease = lane.lease};
        const auto end = Clock::now() + options_.visit;
        Tries tries = lane.tries;
        for (const OutboxEvent& event : lane.events) {
            if (stopping_ || Clock::now() > end) break;
            const auto verdict = receiver_.deliver(event.event);
            if (verdict.outcome == Verdict::Outcome::delivered) {
                outage_.answered();
                ++statistics_.delivered;
                visit.delivered_through = event.sequence;
                tries = {};
                continue;
            }
            if (stopping_) break; // perhaps our own doing: not a try
            if (verdict.outcome == Verdict::Outcome::refused)
                outage_.answered();
            else
                outage_.failed();
            ++statistics_.failed;
            settle(visit, event, tries, verdict, options_.retry, backoff, std::chrono::system_clock::now());
            note(event.event, verdict, visit);
            break;
        }
        return visit;
    }

    void note(const Event& event, const Verdict& verdict, const LaneVisit& visit) {
        if (!visit.buried_because) {
            log::debug("event not delivered", {{"event_id", event.id},
                                               {"id", event.enrollment.str()},
                                               {"err", verdict.reason},
                                               {"retry_ms", std::to_string(visit.retry->after.count())}});
            return;
        }
        ++statistics_.dead;
        log::warning("event given up; see /v1/webhook/dead", {{"event_id", event.id},
                                                              {"topic", event.topic},
                                                              {"id", event.enrollment.str()},
                                                              {"err", *visit.buried_because}});
    }

    OutboxStore& outbox_;
    Receiver& receiver_;
    Outage& outage_;
    Statistics& statistics_;
    const SenderOptions options_;

    std::atomic<bool> woken_{false};
    std::atomic<bool> stopping_{false};
    std::mutex mutex_; ///< guards the four below
    std::deque<OutboxLane> to_visit_;
    std::vector<LaneVisit> finished_;
    std::size_t under_way_ = 0; ///< lanes in to_visit_ or with a courier
    std::condition_variable for_clerk_, for_couriers_, for_drain_;

    // The clerk's own.
    std::vector<LaneVisit> owed_; ///< finished, and the storage does not know
    bool storage_fails_ = false;

    std::vector<std::thread> couriers_;
    std::thread clerk_;
};

Sender::Sender(OutboxStore& outbox, Receiver& receiver, Outage& outage, Statistics& statistics,
               SenderOptions options)
    : impl_{std::make_unique<Impl>(outbox, receiver, outage, statistics, std::move(options))} {}

Sender::~Sender() = default;

void Sender::wake() noexcept { impl_->wake(); }

bool Sender::drain(std::chrono::steady_clock::time_point deadline) { return impl_->drain(deadline); }

void Sender::stop() { impl_->stop(); }

} // namespace nanomdm::webhook
