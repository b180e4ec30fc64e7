// Devices and administrators at work, and what the servers have promised each of them.
#pragma once

#include "e2e/cluster.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace nanomdm::test {

/// Devices enroll, fetch, report (some NotNow), update their tokens and escrow; one administrator per server
/// enqueues to all of them, one command after the other. Whoever gets no answer, or a 502, 503 or 504, sends
/// the same again, as real ones do; any other failure is a violation.
class FleetLoad {
public:
    using Clock = std::chrono::steady_clock;

    FleetLoad(const Cluster& cluster, std::size_t devices);
    ~FleetLoad();

    void start();
    /// Ends the threads; each finishes what it was about to have answered.
    void stop();
    /// Requests of devices answered with 200 so far.
    [[nodiscard]] std::uint64_t answered() const noexcept { return answered_; }
    [[nodiscard]] std::uint64_t enqueued() const noexcept { return enqueued_; }
    /// The longest time a device or administrator has waited for an answer, all its attempts together.
    [[nodiscard]] std::chrono::milliseconds longest_wait() const;

    /// After stop(): fetches and acknowledges what is still queued, then holds everything against the
    /// promises: every command answered to its administrator delivered to every device, acknowledged exactly
    /// once, and in the order of its administrator; every escrowed token there. @return what is wrong, one
    /// line each.
    [[nodiscard]] std::vector<std::string> settle();
    /// @param rows what the database has: the answer to stored_results
    /// @return how many final reports that were answered with 200 are not there.
    [[nodiscard]] std::size_t lost_results(const std::string& rows) const;
    static constexpr const char* stored_results =
        "SELECT id, command_uuid FROM command_results WHERE status = 'Acknowledged'";

private:
    struct Client;
    struct Administrator;

    void work(Client& client);
    void administrate(Administrator& administrator);
    void deliver(Client& client, bool may_refuse);
    sim::HttpResponse insist(Client& client, const std::string& what, const sim::HttpRequest& request);
    void note_wait(Clock::time_point since);
    void violation(std::string what);

    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<std::unique_ptr<Administrator>> administrators_;
    std::vector<std::thread> threads_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> answered_{0};
    std::atomic<std::uint64_t> enqueued_{0};
    std::atomic<std::int64_t> longest_wait_ms_{0};
    mutable std::mutex mutex_;
    std::vector<std::string> violations_;
};

} // namespace nanomdm::test
