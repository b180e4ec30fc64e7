// An nginx in the foreground with everything it writes in a private directory, so that any user may run it.
#pragma once

#include "support/process/child_process.hpp"
#include "support/process/temp_dir.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace nanomdm::test {

class NginxProcess {
public:
    /// @param http what stands in the `http` block, with one server that listens on `port`
    /// @throws std::runtime_error with nginx's complaint when it does not start.
    NginxProcess(const TempDir& directory, std::uint16_t port, const std::string& http);

private:
    std::unique_ptr<ChildProcess> process_;
};

} // namespace nanomdm::test
