// The two shapes of a log line.
#include "log/line.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <iterator>

namespace nanomdm::log {
namespace {

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

std::string_view colour_of(Level level) noexcept {
    switch (level) {
    case Level::debug:
        return "\x1b[36m"; // cyan
    case Level::info:
        return "\x1b[32m"; // green
    case Level::warning:
        return "\x1b[33m\x1b[1m"; // yellow
    case Level::error:
        return "\x1b[31m\x1b[1m"; // red
    }
    return "";
}

/// `2026-11-23T17:49:03.512Z`. Not by gmtime, which takes a lock that stays locked in a child forked
/// meanwhile.
void append_time(std::string& line) {
    using namespace std::chrono;
    const auto now = floor<milliseconds>(system_clock::now());
    const auto day = floor<days>(now);
    const year_month_day date{day};
    const hh_mm_ss time{now - day};
    fmt::format_to(std::back_inserter(line), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int{date.year()},
                   unsigned{date.month()}, unsigned{date.day()}, time.hours().count(), time.minutes().count(),
                   time.seconds().count(), time.subseconds().count());
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

} // namespace

const std::string& text_line(Level level, std::string_view message, std::initializer_list<Field> fields,
                             Colour colour) {
    thread_local std::string line;
    line.assign("time=");
    append_time(line);
    line += ' ';
    if (colour == Colour::yes) line += colour_of(level);
    line.append("level=").append(name(level)).append(" msg=");
    append_quoted(line, message);
    const auto add = [](std::string_view key, std::string_view value) {
        line.append(1, ' ').append(key).append(1, '=');
        if (needs_quotes(value))
            append_quoted(line, value);
        else
            line.append(value);
    };
    if (const auto trace = current_trace(); !trace.empty()) add("trace_id", trace);
    for (const auto& field : fields) add(field.key, field.value);
    if (colour == Colour::yes) line += "\x1b[m";
    return line;
}

std::string json_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
    nlohmann::ordered_json object;
    std::string time;
    append_time(time);
    object["time"] = std::move(time);
    object["level"] = name(level);
    object["msg"] = message;
    if (const auto trace = current_trace(); !trace.empty()) object["trace_id"] = trace;
    for (const auto& field : fields) object[std::string{field.key}] = field.value;
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace nanomdm::log
