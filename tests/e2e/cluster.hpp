// Several real servers on one database, behind a real load balancer.
#pragma once

#include "e2e/api.hpp"
#include "support/database/reserved_port.hpp"
#include "support/process/load_balancer.hpp"
#include "support/process/server_process.hpp"
#include "support/process/temp_dir.hpp"
#include "support/simulator/device.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::test {

/// Each server keeps its port for its whole life. Use from the thread that made it.
class Cluster {
public:
    /// One server for each DSN (the same one several times, or one for each node of the database's cluster);
    /// the first brings the schema up to date before the others start.
    explicit Cluster(const std::vector<std::string>& dsns, std::vector<std::string> more = {});

    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
    void kill(std::size_t index);
    void start(std::size_t index);
    /// SIGTERM for all; each must end with status 0.
    void stop();

    /// What the devices are told: the balancer.
    [[nodiscard]] sim::Endpoint endpoint() const;
    /// An administrator who talks to one of the servers.
    [[nodiscard]] Api api(std::size_t index) const;
    [[nodiscard]] std::string log(std::size_t index) const;

private:
    struct Member {
        std::string dsn;
        ReservedPort port;
        std::unique_ptr<ServerProcess> process;
    };

    TempDir directory_;
    std::vector<std::string> more_;
    std::vector<std::unique_ptr<Member>> members_;
    std::optional<LoadBalancer> balancer_;
};

} // namespace nanomdm::test
