// What becomes of a notification once APNs, the connection or the clock has spoken.
#include "push/apns_pool.hpp"

#include "log/log.hpp"
#include "push/apns_answer.hpp"

#include <algorithm>
#include <utility>

namespace nanomdm::push {

void ApnsPool::connection_changed(ApnsConnection& connection) {
    const auto now = Clock::now();
    if (auto* session = connection.session()) {
        for (auto& outcome : session->take_outcomes()) settle(outcome, now);
        if (session->answers() > 0 && failures_ > 1) failures_ = 1;
    }
    if (connection.state() == ApnsConnection::State::closed)
        note_closed(connection);
    else if (connection.draining())
        note_goaway(connection);
    step();
}

/// Moves a connection that takes nothing new aside, once; the rest of it is served there.
void ApnsPool::note_goaway(ApnsConnection& connection) {
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const auto& c) { return c.get() == &connection; });
    if (found == connections_.end()) return;
    if (const auto& goaway = connection.session()->goaway()) {
        ++statistics_.goaways;
        trouble_ = "APNs closed the connection (GOAWAY, HTTP/2 error " + std::to_string(goaway->error_code) +
                   (goaway->reason.empty() ? ")" : "): " + goaway->reason);
        log::warning("APNs says GOAWAY", {{"topic", topic_.str()},
                                          {"reason", goaway->reason},
                                          {"code", std::to_string(goaway->error_code)}});
        count_failure(connection.session()->answers() > 0, Clock::now());
    }
    draining_.push_back(*found);
    connections_.erase(found);
}

void ApnsPool::note_closed(ApnsConnection& connection) {
    const auto is_it = [&](const auto& c) { return c.get() == &connection; };
    const auto now = Clock::now();
    --statistics_.connections;
    std::erase_if(draining_, is_it);
    if (std::erase_if(connections_, is_it) == 0) return; // drained, or given up with the old certificate
    auto* const session = connection.session();
    const auto& failure = connection.failure();
    ++statistics_.connection_failures;
    count_failure(session != nullptr && session->answers() > 0, now);
    trouble_ = failure.text;
    log::warning("APNs connection failed", {{"topic", topic_.str()}, {"error", failure.text}});
    if (!failure.final || !connections_.empty()) return;
    refusal_ = failure.text;
    fail_waiting(failure.text);
}

/// No storm: even a peer that answers once and hangs up is given a moment before the next connection.
void ApnsPool::count_failure(bool answered, Clock::time_point now) {
    failures_ = answered ? 1 : failures_ + 1;
    reconnect_at_ = now + reconnect_backoff_.after(failures_);
}

void ApnsPool::settle(Outcome& outcome, Clock::time_point now) {
    auto& delivery = *outcome.delivery;
    delivery.connection = nullptr;
    delivery.stream = nullptr;
    --statistics_.in_flight;
    if (outcome.fate == Fate::answered) {
        auto& response = delivery.batch->responses[delivery.batch->index(delivery)];
        response = to_response(outcome.answer);
        trouble_.clear();
        if (!asks_to_retry(response.status)) return finish(delivery);
        std::chrono::milliseconds wait = retry_backoff_.after(delivery.attempts);
        if (const auto asked = retry_after(outcome.answer.retry_after, std::chrono::system_clock::now()))
            wait = std::max<std::chrono::milliseconds>(wait, *asked);
        return retry_later(delivery, wait, now);
    }
    // Never processed: again at once, on another connection. If that keeps happening, with pauses.
    if (outcome.fate == Fate::refused && delivery.attempts <= 1) {
        ++statistics_.retries;
        delivery.state = Delivery::State::waiting;
        ready_.push_back(&delivery);
        return;
    }
    retry_later(delivery, retry_backoff_.after(delivery.attempts), now);
}

void ApnsPool::retry_later(Delivery& delivery, std::chrono::milliseconds wait, Clock::time_point now) {
    auto& batch = *delivery.batch;
    auto& response = batch.responses[batch.index(delivery)];
    if (now + wait >= batch.deadline && response.status != 0)
        return finish(delivery); // tell what APNs said now
    ++statistics_.retries;
    delivery.state = Delivery::State::waiting;
    retries_.push_back({now + wait, &delivery});
    std::push_heap(retries_.begin(), retries_.end());
}

void ApnsPool::count_end(const Batch& batch, const ProviderResponse& response) noexcept {
    using Outcomes = TopicStatistics;
    const auto outcome = response.status == 0             ? Outcomes::unanswered
                         : response.status == 200         ? Outcomes::sent
                         : response.status == 410         ? Outcomes::unregistered
                         : asks_to_retry(response.status) ? Outcomes::unavailable
                                                          : Outcomes::refused;
    topic_statistics_.ended[outcome].add();
    topic_statistics_.latency.observe(Clock::now() - batch.begun);
}

void ApnsPool::finish(Delivery& delivery) {
    auto& batch = *delivery.batch;
    delivery.state = Delivery::State::done;
    count_end(batch, batch.responses[batch.index(delivery)]);
    if (--batch.pending > 0) return;
    std::erase(batches_, &batch);
    const std::lock_guard lock{batch.mutex};
    batch.done = true;
    batch.finished.notify_one(); // under the lock: the batch is gone as soon as its caller sees it done
}

/// Ends a batch whatever its deliveries are waiting for; those unanswered get `reason`.
void ApnsPool::end(Batch& batch, const std::string& reason) {
    const auto its_own = [&batch](const Delivery* delivery) { return delivery->batch == &batch; };
    std::erase(unsent_, &batch);
    std::erase_if(ready_, its_own);
    if (std::erase_if(retries_, [&](const Retry& retry) { return its_own(retry.delivery); }) > 0)
        std::make_heap(retries_.begin(), retries_.end());
    std::vector<Connection> touched;
    for (auto& delivery : batch.deliveries) {
        if (delivery.state == Delivery::State::done) continue;
        if (delivery.state == Delivery::State::in_flight) --statistics_.in_flight;
        delivery.state = Delivery::State::waiting;
        if (auto* const its_connection = std::exchange(delivery.connection, nullptr)) {
            its_connection->session()->cancel(std::exchange(delivery.stream, nullptr));
            auto connection = its_connection->shared_from_this();
            if (std::find(touched.begin(), touched.end(), connection) == touched.end())
                touched.push_back(std::move(connection));
        }
        auto& response = batch.responses[batch.index(delivery)];
        if (response.status == 0) response.error = reason;
        count_end(batch, response);
    }
    for (auto& connection : touched) connection->flush();
    std::erase(batches_, &batch);
    batch.pending = 0;
    const std::lock_guard lock{batch.mutex};
    batch.done = true;
    batch.finished.notify_one();
}

/// Gives up what is not in flight: there is no connection and there will be none until somebody acts.
void ApnsPool::fail_waiting(const std::string& reason) {
    const auto in_flight = [](const Batch& batch) {
        return std::any_of(batch.deliveries.begin(), batch.deliveries.end(),
                           [](const Delivery& d) { return d.state == Delivery::State::in_flight; });
    };
    for (auto* batch : std::vector<Batch*>{batches_})
        if (!in_flight(*batch)) end(*batch, reason);
}

std::string ApnsPool::overdue() const {
    return trouble_.empty() ? "time-out: no answer from APNs"
                            : "time-out: no answer from APNs; last: " + trouble_;
}

} // namespace nanomdm::push
