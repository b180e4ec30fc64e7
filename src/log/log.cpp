// Formats log lines and hands them to spdlog, which writes them to standard error.
#include "log/log.hpp"

#include "log/buffered_sink.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/chrono.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

namespace nanomdm::log {
namespace {

thread_local std::string_view trace_of_thread;

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

std::string_view name(Level level) noexcept {
    switch (level) {
    case Level::debug:
        return "debug";
    case Level::info:
        return "info";
    case Level::warning:
        return "warning";
    case Level::error:
        return "error";
    }
    return "info";
}

/// Somebody watching a terminal gets each line at once, in colour.
spdlog::sink_ptr standard_error() {
    if (::isatty(STDERR_FILENO) == 1) return std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    return std::make_shared<BufferedSink>();
}

struct Logger {
    Logger() : spdlog{"nanomdm", standard_error()} {
        spdlog.flush_on(spdlog::level::warn);
        spdlog.set_formatter(
            std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc));
        apply(Format::text);
    }
    void apply(Format chosen) {
        format = chosen;
        const char* pattern = format == Format::json ? "%v" : "time=%Y-%m-%dT%H:%M:%S.%eZ %^%v%$";
        spdlog.set_formatter(
            std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
    }
    spdlog::logger spdlog;
    Format format = Format::text;
};

Logger& logger() {
    static Logger instance;
    return instance;
}

bool needs_quotes(std::string_view text) noexcept {
    if (text.empty()) return true;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= ' ' || byte >= 0x7f || c == '"' || c == '=' || c == '\\') return true;
    }
    return false;
}

/// Bytes at the front of `text` that end a line or steer a terminal for some reader: control characters
/// (C0, DEL, and C1 in UTF-8), U+2028 and U+2029.
std::size_t forging_bytes(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    if (byte(0) < ' ' || byte(0) == 0x7f) return 1;
    if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return 2;
    if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) return 3;
    return 0;
}

/// Values of strangers must not forge log lines.
void append_quoted(std::string& line, std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    line += '"';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (c == '\n') {
            line += "\\n";
        } else if (const auto forging = forging_bytes(text.substr(i)); forging > 0) {
            for (const char bad : text.substr(i, forging)) {
                line += "\\x";
                line += hex[static_cast<unsigned char>(bad) >> 4];
                line += hex[static_cast<unsigned char>(bad) & 15];
            }
            i += forging - 1;
        } else {
            line += c;
        }
    }
    line += '"';
}

/// @return valid until the thread's next line: its buffer is kept.
const std::string& text_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
    thread_local std::string line;
    line.clear();
    line.append("level=").append(name(level)).append(" msg=");
    append_quoted(line, message);
    const auto add = [](std::string_view key, std::string_view value) {
        line.append(1, ' ').append(key).append(1, '=');
        if (needs_quotes(value))
            append_quoted(line, value);
        else
            line.append(value);
    };
    if (!trace_of_thread.empty()) add("trace_id", trace_of_thread);
    for (const auto& field : fields) add(field.key, field.value);
    return line;
}

std::string json_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
    nlohmann::ordered_json object;
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    object["time"] =
        fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                    (now - seconds).count());
    object["level"] = name(level);
    object["msg"] = message;
    if (!trace_of_thread.empty()) object["trace_id"] = trace_of_thread;
    for (const auto& field : fields) object[std::string{field.key}] = field.value;
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

void configure(Level threshold, Format format) {
    auto& target = logger();
    target.apply(format);
    target.spdlog.set_level(to_spdlog(threshold));
}

void flush() { logger().spdlog.flush(); }

bool enabled(Level level) noexcept { return logger().spdlog.should_log(to_spdlog(level)); }

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
    if (!enabled(level)) return;
    auto& target = logger();
    if (target.format == Format::json)
        target.spdlog.log(to_spdlog(level), json_line(level, message, fields));
    else
        target.spdlog.log(to_spdlog(level), text_line(level, message, fields));
}

std::string_view current_trace() noexcept { return trace_of_thread; }

TraceScope::TraceScope(std::string_view trace_id) noexcept : outer_{trace_of_thread} {
    trace_of_thread = trace_id;
}
TraceScope::~TraceScope() { trace_of_thread = outer_; }

} // namespace nanomdm::log
