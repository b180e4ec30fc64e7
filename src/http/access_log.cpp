// The access line, through the log like every other line.
#include "http/access_log.hpp"

#include "log/log.hpp"

#include <charconv>

namespace nanomdm::http {
namespace {

/// "12.345": milliseconds with three decimals, without the cost of floating-point formatting.
std::string milliseconds(std::chrono::steady_clock::duration elapsed) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
    char text[32];
    auto* end = std::to_chars(text, text + sizeof text - 4, micros / 1000).ptr;
    const auto fraction = micros % 1000;
    *end++ = '.';
    *end++ = static_cast<char>('0' + fraction / 100);
    *end++ = static_cast<char>('0' + fraction / 10 % 10);
    *end++ = static_cast<char>('0' + fraction % 10);
    return {text, end};
}

} // namespace

void log_access(const HttpRequest& request, unsigned status, std::uint64_t bytes,
                std::chrono::steady_clock::duration elapsed) {
    if (!log::enabled(log::Level::info)) return;
    const log::TraceScope trace{request.trace_id};
    log::info("request", {{"method", request.method},
                          {"path", request.path},
                          {"status", std::to_string(status)},
                          {"bytes", std::to_string(bytes)},
                          {"ms", milliseconds(elapsed)},
                          {"remote", request.remote}});
}

} // namespace nanomdm::http
