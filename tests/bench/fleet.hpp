// The simulated devices of a benchmark and their requests, signed beforehand.
#pragma once

#include "bench/options.hpp"
#include "support/simulator/device.hpp"

#include <functional>
#include <string>
#include <vector>

namespace nanomdm::bench {

/// The bytes of one HTTP request, ready to be sent.
using RequestBytes = std::string;

class Fleet {
public:
    /// Loads the identities from the directory, and makes what is missing.
    explicit Fleet(const Options& options);

    [[nodiscard]] std::size_t size() const noexcept { return identities_.size(); }
    [[nodiscard]] const std::string& id(std::size_t device) const { return ids_.at(device); }

    /// One signed request per device and count, device-major: [device * count + n].
    /// @param body makes the body; called on several threads.
    using Body =
        std::function<std::string(const sim::Device& device, std::size_t device_index, std::size_t n)>;
    enum class Kind { check_in, report };
    [[nodiscard]] std::vector<RequestBytes> sign(Kind kind, std::size_t count, const Body& body) const;

private:
    [[nodiscard]] RequestBytes request(Kind kind, std::size_t device, const std::string& body) const;

    const Options& options_;
    std::string host_;
    std::vector<std::string> ids_;
    std::vector<sim::Identity> identities_;
};

} // namespace nanomdm::bench
