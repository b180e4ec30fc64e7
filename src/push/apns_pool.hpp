// The connections of one topic and the notifications waiting for them. Runs on the I/O thread alone.
#pragma once

#include "pacing/backoff.hpp"
#include "push/apns_connection.hpp"
#include "push/batch.hpp"
#include "push/statistics.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::push {

struct PoolOptions {
    std::size_t max_connections = 4;
    Clock::duration grow_after = std::chrono::milliseconds{100}; ///< full for this long: one connection more
    Backoff::Bounds retry{std::chrono::milliseconds{250}, std::chrono::milliseconds{10'000}};
    Backoff::Bounds reconnect{std::chrono::milliseconds{200}, std::chrono::milliseconds{30'000}};
};

class ApnsPool final : public ApnsConnection::Owner {
public:
    using Tls = std::shared_ptr<boost::asio::ssl::context>;

    ApnsPool(boost::asio::io_context& io, Topic topic, const Route& route, const PoolOptions& options,
             Statistics& statistics);
    ~ApnsPool() override;

    /// Connections from now on use `tls`; those that exist take no further notification and end with their
    /// last.
    void use(Tls tls);
    /// Takes a batch on; it is done by its deadline at the latest.
    void submit(Batch& batch);
    /// Goes on after an error that may have kept the timer from being set.
    void resume();
    /// Closes everything; every batch ends with `reason`.
    void shut_down(const std::string& reason);

    /// Any thread.
    [[nodiscard]] const TopicStatistics& topic_statistics() const noexcept { return topic_statistics_; }

private:
    struct Retry {
        Clock::time_point due;
        Delivery* delivery;
        friend bool operator<(const Retry& a, const Retry& b) noexcept { return a.due > b.due; } // a min-heap
    };
    using Connection = std::shared_ptr<ApnsConnection>;

    void connection_changed(ApnsConnection& connection) override;
    void note_goaway(ApnsConnection& connection);
    void note_closed(ApnsConnection& connection);

    /// Whatever is due now, and the timer for what is due next. Runs after every event.
    void step();
    void expire(Clock::time_point now);
    void wake_retries(Clock::time_point now);
    void distribute(Clock::time_point now);
    void grow(Clock::time_point now);
    [[nodiscard]] std::optional<Clock::time_point> growth_due() const;
    void arm();

    void settle(Outcome& outcome, Clock::time_point now);
    void retry_later(Delivery& delivery, std::chrono::milliseconds wait, Clock::time_point now);
    void finish(Delivery& delivery);
    void count_end(const Batch& batch, const ProviderResponse& response) noexcept;
    void end(Batch& batch, const std::string& reason);
    void fail_waiting(const std::string& reason);
    void count_failure(bool answered, Clock::time_point now);
    [[nodiscard]] Delivery* next_delivery();
    [[nodiscard]] bool something_waits() const noexcept { return !ready_.empty() || !unsent_.empty(); }
    [[nodiscard]] std::string overdue() const;

    boost::asio::io_context& io_;
    Topic topic_;
    const Route& route_;
    PoolOptions options_;
    Statistics& statistics_;
    TopicStatistics topic_statistics_;
    Tls tls_;
    std::vector<Connection> connections_; ///< connecting and open
    std::vector<Connection> draining_;    ///< after GOAWAY or a certificate's renewal

    std::vector<Batch*> batches_;
    std::deque<Batch*> unsent_;   ///< batches with deliveries never tried, served in turn
    std::deque<Delivery*> ready_; ///< to be sent again, before anything new
    std::vector<Retry> retries_;  ///< heap, soonest first

    Backoff retry_backoff_;
    Backoff reconnect_backoff_;
    unsigned failures_ = 0; ///< connections in a row that brought nothing
    Clock::time_point reconnect_at_{};
    std::optional<Clock::time_point> full_since_;
    std::string trouble_;                ///< the last thing that went wrong, for who runs out of time
    std::optional<std::string> closed_;  ///< shut down, with these words
    std::optional<std::string> refusal_; ///< a final failure; holds until reconnect_at_

    boost::asio::steady_timer timer_;
    std::optional<Clock::time_point> due_;
    std::shared_ptr<bool> alive_ =
        std::make_shared<bool>(true); ///< handlers of the timer may outlive the pool
};

} // namespace nanomdm::push
