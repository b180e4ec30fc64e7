// A Galera cluster of MariaDB servers on loopback.
#pragma once

#include "support/database/mariadb_server.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace nanomdm::test {

/// Every node has ports of its own that stay the same when it is started again. Galera's time-outs are its
/// defaults: a node that died is given up by the others after 5 s.
class GaleraCluster {
public:
    struct Options {
        std::size_t nodes = 3;
        Durability durability = Durability::full;
        std::vector<std::string> arguments = {}; ///< for every node
        std::string provider_options = {};       ///< further ones, parted by `;`
    };

    /// Starts all nodes and waits until they are in sync.
    /// @throws std::runtime_error with the logs when they do not get there.
    explicit GaleraCluster(const Options& options);
    GaleraCluster() : GaleraCluster{Options{}} {}
    ~GaleraCluster();

    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] MariaDbServer& node(std::size_t index);

    void kill(std::size_t index);
    /// Starts a node that was stopped or killed, while another one runs, and waits until it is in sync: it
    /// takes over what it missed, or everything when that is too much (by rsync).
    void restart(std::size_t index, std::chrono::milliseconds patience = 120s);

    /// @return whether the node takes part and is not behind.
    [[nodiscard]] bool synced(std::size_t index);
    /// @return false when not all of the running nodes were in sync, in one cluster of just them, after
    ///         `patience`.
    [[nodiscard]] bool wait_until_synced(std::chrono::milliseconds patience = 60s);
    /// The value of a `wsrep_…` status variable; empty when the node does not answer.
    [[nodiscard]] std::string status(std::size_t index, const std::string& variable);

private:
    struct Node;
    TempDir scripts_;
    std::vector<std::unique_ptr<Node>> nodes_;
};

} // namespace nanomdm::test
