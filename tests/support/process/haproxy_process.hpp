// A HAProxy in the foreground.
#pragma once

#include "support/process/child_process.hpp"
#include "support/process/temp_dir.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace nanomdm::test {

class HaproxyProcess {
public:
    /// @param config the whole of haproxy.cfg, with one frontend that listens on `port`
    /// @throws std::runtime_error with HAProxy's complaint when it does not start.
    HaproxyProcess(const TempDir& directory, std::uint16_t port, const std::string& config);

private:
    std::unique_ptr<ChildProcess> process_;
};

} // namespace nanomdm::test
