// How batches, connections and the clock meet: step() after every event. Outcomes are in
// apns_pool_outcomes.cpp.
#include "push/apns_pool.hpp"

#include "log/log.hpp"

#include <algorithm>

namespace nanomdm::push {

ApnsPool::ApnsPool(boost::asio::io_context& io, Topic topic, const Route& route, const PoolOptions& options,
                   Statistics& statistics)
    : io_{io}, topic_{std::move(topic)}, route_{route}, options_{options}, statistics_{statistics},
      retry_backoff_{options.retry}, reconnect_backoff_{options.reconnect}, timer_{io} {}

ApnsPool::~ApnsPool() { *alive_ = false; }

void ApnsPool::use(Tls tls) {
    if (closed_) return;
    tls_ = std::move(tls);
    failures_ = 0;
    reconnect_at_ = {};
    refusal_.reset();
    for (auto& connection : connections_) {
        draining_.push_back(connection);
        connection->drain();
    }
    connections_.clear();
    std::erase_if(draining_, [](const auto& c) { return c->state() == ApnsConnection::State::closed; });
    step();
}

void ApnsPool::submit(Batch& batch) {
    try {
        batch.responses.resize(batch.targets.size());
        batch.deliveries.resize(batch.targets.size());
        for (auto& delivery : batch.deliveries) delivery.batch = &batch;
        batch.pending = batch.targets.size();
        batches_.push_back(&batch);
        unsent_.push_back(&batch);
    } catch (const std::exception& error) {
        // Its caller waits for it: out of memory, say, is an answer too.
        log::error("push not taken on", {{"topic", topic_.str()}, {"error", error.what()}});
        return end(batch, "push failed");
    }
    if (closed_) return end(batch, *closed_);
    step();
}

void ApnsPool::resume() {
    if (closed_) return;
    due_.reset();
    step();
}

void ApnsPool::shut_down(const std::string& reason) {
    closed_ = reason;
    auto connections = std::move(connections_);
    connections.insert(connections.end(), draining_.begin(), draining_.end());
    connections_.clear();
    draining_.clear();
    for (auto& connection : connections) connection->abort();
    for (auto* batch : std::vector<Batch*>{batches_}) {
        for (auto& delivery : batch->deliveries) delivery.connection = nullptr;
        end(*batch, reason);
    }
    statistics_.connections -= static_cast<std::int64_t>(connections.size());
    timer_.cancel();
    due_.reset();
}

void ApnsPool::step() {
    const auto now = Clock::now();
    expire(now);
    wake_retries(now);
    distribute(now);
    grow(now);
    arm();
}

void ApnsPool::expire(Clock::time_point now) {
    const auto overdue_batch = [now](const Batch* batch) { return batch->deadline <= now; };
    if (std::none_of(batches_.begin(), batches_.end(), overdue_batch)) return;
    const auto reason = overdue();
    for (auto* batch : std::vector<Batch*>{batches_})
        if (overdue_batch(batch)) end(*batch, reason);
}

void ApnsPool::wake_retries(Clock::time_point now) {
    while (!retries_.empty() && retries_.front().due <= now) {
        ready_.push_back(retries_.front().delivery);
        std::pop_heap(retries_.begin(), retries_.end());
        retries_.pop_back();
    }
}

/// Batches take turns, so that a call for one device does not wait behind a call for 100,000.
Delivery* ApnsPool::next_delivery() {
    if (!ready_.empty()) {
        auto* const delivery = ready_.front();
        ready_.pop_front();
        return delivery;
    }
    if (unsent_.empty()) return nullptr;
    auto* const batch = unsent_.front();
    auto& delivery = batch->deliveries[batch->next++];
    unsent_.pop_front();
    if (batch->next < batch->deliveries.size()) unsent_.push_back(batch);
    return &delivery;
}

void ApnsPool::distribute(Clock::time_point now) {
    if (refusal_ && now < reconnect_at_ && connections_.empty()) fail_waiting(*refusal_);
    for (auto& connection : connections_) {
        bool sent = false;
        for (auto room = connection->capacity(); room > 0 && something_waits(); --room) {
            auto& delivery = *next_delivery();
            const auto& batch = *delivery.batch;
            delivery.stream = connection->session()->submit(batch.targets[batch.index(delivery)],
                                                            batch.expiration, &delivery, now);
            if (delivery.stream == nullptr) {
                retry_later(delivery, retry_backoff_.after(++delivery.attempts), now);
                continue;
            }
            delivery.connection = connection.get();
            delivery.state = Delivery::State::in_flight;
            ++delivery.attempts;
            ++statistics_.in_flight;
            sent = true;
        }
        if (sent) connection->flush();
        if (!something_waits()) break;
    }
}

/// When the next connection may be opened: the first as soon as something waits, more when those open stay
/// full; one at a time, and none before the back-off is over.
std::optional<Clock::time_point> ApnsPool::growth_due() const {
    if (!full_since_ || !tls_ || connections_.size() >= options_.max_connections) return std::nullopt;
    const auto connecting = [](const auto& c) { return c->state() == ApnsConnection::State::connecting; };
    if (std::any_of(connections_.begin(), connections_.end(), connecting)) return std::nullopt;
    const auto full_long_enough = *full_since_ + options_.grow_after;
    return std::max(connections_.empty() ? *full_since_ : full_long_enough, reconnect_at_);
}

void ApnsPool::grow(Clock::time_point now) {
    if (!something_waits()) return full_since_.reset();
    if (!full_since_) full_since_ = now;
    const auto due = growth_due();
    if (!due || now < *due) return;
    full_since_ = now;
    refusal_.reset();
    connections_.push_back(std::make_shared<ApnsConnection>(io_, route_, tls_, *this));
    ++statistics_.connections_opened;
    ++statistics_.connections;
    connections_.back()->start();
}

void ApnsPool::arm() {
    auto next = growth_due();
    const auto consider = [&next](Clock::time_point at) { next = next ? std::min(*next, at) : at; };
    for (const auto* batch : batches_) consider(batch->deadline);
    if (!retries_.empty()) consider(retries_.front().due);
    if (next == due_) return;
    due_ = next;
    if (!next) {
        timer_.cancel();
        return;
    }
    timer_.expires_at(*next);
    timer_.async_wait([this, alive = alive_](const boost::system::error_code& cancelled) {
        if (cancelled || !*alive) return;
        due_.reset();
        step();
    });
}

} // namespace nanomdm::push
