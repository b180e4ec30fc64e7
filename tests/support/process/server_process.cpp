// Reads the port from the line `level=info msg="listening" address=127.0.0.1:PORT`, or the same as JSON.
#include "support/process/server_process.hpp"

#include <charconv>
#include <csignal>
#include <stdexcept>

namespace nanomdm::test {
namespace {

std::uint16_t port_in(const std::string& line) {
    const auto field = line.find("address");
    const auto colon = field == std::string::npos ? field : line.rfind(':');
    if (colon == std::string::npos) throw std::runtime_error{"no address in: " + line};
    std::uint16_t port = 0;
    std::from_chars(line.data() + colon + 1, line.data() + line.size(), port);
    if (port == 0) throw std::runtime_error{"no port in: " + line};
    return port;
}

} // namespace

ServerProcess::ServerProcess(ChildProcess::Options options, std::chrono::milliseconds patience)
    : process_{std::move(options)} {
    const auto line = process_.wait_for_error_line("\"listening\"", patience);
    if (!line) throw std::runtime_error{"the server did not get ready; its log:\n" + log()};
    port_ = port_in(*line);
}

std::string ServerProcess::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

ExitStatus ServerProcess::stop(std::chrono::milliseconds patience) {
    process_.signal(SIGTERM);
    const auto status = process_.wait(patience);
    if (!status) throw std::runtime_error{"the server did not stop; its log:\n" + log()};
    return *status;
}

} // namespace nanomdm::test
