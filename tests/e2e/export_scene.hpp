// Storages with fleets in them, the command that exports one, and a target that counts what it is sent.
#pragma once

#include "e2e/place.hpp"
#include "e2e/scene.hpp"
#include "support/upstream/upstream.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace nanomdm::test {

/// A device as it stands in a storage after its messages, or a user.
void put(AllStorage& storage, const sim::Device& device, const std::string& unlock_token = {},
         const std::string& bootstrap_token = {});
[[nodiscard]] sim::Device simulated(sim::Channel channel, const sim::Identity& identity);
/// As many Macs, all of them alike but for their IDs; one in four has a user.
void put_fleet(AllStorage& storage, int devices, int first = 0);

[[nodiscard]] std::vector<std::string> export_command(const Place& from, const std::string& url,
                                                      const std::vector<std::string>& more = {});
Finished export_all(const Place& from, const std::string& url, const std::vector<std::string>& more = {});

/// A target that counts what it takes, and can be told to be busy or to fail.
class CountingTarget {
public:
    CountingTarget();
    [[nodiscard]] Upstream& upstream() noexcept { return upstream_; }
    [[nodiscard]] std::string url() const { return upstream_.url() + "/migration"; }
    [[nodiscard]] std::size_t taken() const;
    /// How often each device's Authenticate came.
    [[nodiscard]] std::map<std::string, int> authenticates() const;

    std::chrono::milliseconds latency{0}; ///< set these before the export starts
    std::string failing;

private:
    mutable std::mutex mutex_;
    std::size_t taken_ = 0;
    std::map<std::string, int> authenticates_;
    Upstream upstream_; ///< last: it answers until it ends
};

} // namespace nanomdm::test
