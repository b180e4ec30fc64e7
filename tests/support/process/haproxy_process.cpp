// Not as a daemon, so that it ends with the test.
#include "support/process/haproxy_process.hpp"

#include "support/process/free_port.hpp"

#include <filesystem>
#include <stdexcept>

namespace nanomdm::test {
namespace {

std::string haproxy_binary() {
    for (const char* path : {"/usr/sbin/haproxy", "/usr/local/sbin/haproxy"})
        if (std::filesystem::exists(path)) return path;
    throw std::runtime_error{"haproxy is not installed"};
}

} // namespace

HaproxyProcess::HaproxyProcess(const TempDir& directory, std::uint16_t port, const std::string& config) {
    const auto file = directory.write("haproxy.cfg", config);
    ChildProcess::Options start;
    start.command = {haproxy_binary(), "-db", "-f", file.string()};
    process_ = std::make_unique<ChildProcess>(std::move(start));
    if (!eventually([&] { return accepts_connections(port) || process_->wait(0ms).has_value(); }) ||
        process_->wait(0ms))
        throw std::runtime_error{"HAProxy did not start:\n" + process_->standard_error()};
}

} // namespace nanomdm::test
