// A program of ours that listens on a port of its own choice and logs which.
#pragma once

#include "support/process/child_process.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace nanomdm::test {

/// Waits in its constructor until the program logs `msg="listening"` with its address.
class ServerProcess {
public:
    /// @throws std::runtime_error with the program's log when it is not ready after `patience`.
    explicit ServerProcess(ChildProcess::Options options, std::chrono::milliseconds patience = 30s);

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// "http://127.0.0.1:PORT", no slash at the end.
    [[nodiscard]] std::string url() const;
    [[nodiscard]] ChildProcess& process() noexcept { return process_; }
    [[nodiscard]] std::string log() const { return process_.standard_error(); }

    /// SIGTERM and wait. @throws std::runtime_error when it does not end.
    ExitStatus stop(std::chrono::milliseconds patience = 30s);

private:
    ChildProcess process_;
    std::uint16_t port_ = 0;
};

} // namespace nanomdm::test
