// What a server under fire has promised: every answered enqueue and report, and what is still in the air.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace nanomdm::test {

/// The promises made for one device. Written by its client thread and the administrator's thread.
class Ledger {
public:
    void enqueue_sent(const std::string& uuid);
    void enqueue_answered(const std::string& uuid);
    /// A report that ends the command.
    void report_sent(const std::string& uuid);
    void report_answered(const std::string& uuid);
    void bootstrap_token_sent(const std::string& token);
    void bootstrap_token_answered(const std::string& token);

    /// Holds the pending commands found after a crash against the promises, and takes them as the new state.
    /// @return what is wrong; empty when every promise was kept.
    [[nodiscard]] std::string settle(const std::vector<std::string>& pending);
    /// The same for the bootstrap token; empty when none is escrowed.
    [[nodiscard]] std::string settle_bootstrap_token(const std::string& found);

    /// UUIDs whose final report was answered with 200.
    [[nodiscard]] std::set<std::string> reported() const;

private:
    enum class State { enqueue_in_flight, pending, report_in_flight, done };
    struct Entry {
        std::string uuid;
        State state = State::enqueue_in_flight;
    };
    Entry* find(const std::string& uuid);

    mutable std::mutex mutex_;
    std::vector<Entry> entries_; ///< in the order enqueued
    std::set<std::string> reported_;
    std::string token_;
    std::set<std::string> tokens_in_flight_; ///< since the last answer; more than one after several crashes
};

} // namespace nanomdm::test
