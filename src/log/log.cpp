// The process's one logger: threshold, format, and where the lines go.
#include "log/log.hpp"

#include "log/buffered_sink.hpp"
#include "log/line.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace nanomdm::log {
namespace {

constexpr std::chrono::seconds longest_flush{2};

thread_local std::string_view trace_of_thread;
std::atomic<Level> lowest{Level::info};
std::atomic<Format> format{Format::text};

bool on_terminal() noexcept {
    static const bool terminal = ::isatty(STDERR_FILENO) == 1;
    return terminal;
}

Colour colour() noexcept {
    static const char* const terminal = std::getenv("TERM");
    static const bool capable = on_terminal() && terminal != nullptr && std::string_view{terminal} != "dumb";
    return capable ? Colour::yes : Colour::no;
}

spdlog::level::level_enum to_spdlog(Level level) noexcept {
    switch (level) {
    case Level::debug:
        return spdlog::level::debug;
    case Level::info:
        return spdlog::level::info;
    case Level::warning:
        return spdlog::level::warn;
    case Level::error:
        return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string dropped_message(std::uint64_t lines) {
    const auto* const message = "log lines dropped";
    const Field field{.key = "lines", .value = std::to_string(lines)};
    if (format == Format::json) return json_line(Level::warning, message, {field});
    return text_line(Level::warning, message, {field}, colour());
}

/// @return nullptr when the process cannot have one more thread.
std::shared_ptr<BufferedSink> buffered_standard_error() try {
    return std::make_shared<BufferedSink>(STDERR_FILENO, dropped_message);
} catch (const std::system_error&) {
    return nullptr;
}

struct Logger {
    explicit Logger(std::shared_ptr<BufferedSink> sink)
        : buffered{std::move(sink)}, spdlog{"nanomdm",
                                            buffered ? spdlog::sink_ptr{buffered}
                                                     : std::make_shared<spdlog::sinks::stderr_sink_mt>()} {
        // Somebody watching a terminal gets each line at once.
        spdlog.flush_on(on_terminal() ? spdlog::level::trace : spdlog::level::warn);
        spdlog.set_level(spdlog::level::trace);
        spdlog.set_formatter(
            std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc));
    }

    std::shared_ptr<BufferedSink> buffered; ///< nullptr: each line is written where it is logged
    spdlog::logger spdlog;
};

/// A forked child has no flusher, and a lock that was held at the fork is held there for good: it gets a
/// logger of its own, that writes each line at once.
Logger* logger_of_child = nullptr;

Logger* new_logger() {
    ::pthread_atfork(nullptr, nullptr, [] { logger_of_child = new Logger{nullptr}; });
    std::atexit([] { flush(); });
    return new Logger{buffered_standard_error()};
}

/// Never destroyed: what ends last may log.
Logger& logger() {
    static Logger* const of_process = new_logger();
    return logger_of_child != nullptr ? *logger_of_child : *of_process;
}

} // namespace

void configure(Level threshold, Format chosen) {
    lowest = threshold;
    format = chosen;
    logger();
}

void flush() noexcept {
    if (const auto& sink = logger().buffered) sink->wait_until_settled(longest_flush);
}

bool enabled(Level level) noexcept { return level >= lowest.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, std::initializer_list<Field> fields) noexcept {
    if (!enabled(level)) return;
    auto& target = logger();
    try {
        if (format == Format::json)
            target.spdlog.log(to_spdlog(level), json_line(level, message, fields));
        else
            target.spdlog.log(to_spdlog(level), text_line(level, message, fields, colour()));
    } catch (...) { // no memory for the line
        if (target.buffered) target.buffered->drop_line();
    }
}

std::string_view current_trace() noexcept { return trace_of_thread; }

TraceScope::TraceScope(std::string_view trace_id) noexcept : outer_{trace_of_thread} {
    trace_of_thread = trace_id;
}
TraceScope::~TraceScope() { trace_of_thread = outer_; }

} // namespace nanomdm::log
