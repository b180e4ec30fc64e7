// Writes an answer's header block; the date is formatted once a second per thread.
#include "http/response_head.hpp"

#include "http/status.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace nanomdm::http {
namespace {

/// RFC 9110 section 5.6.7, independent of the locale.
std::string_view http_date() {
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    thread_local std::time_t formatted = 0;
    thread_local char text[64];
    const std::time_t now = std::time(nullptr);
    if (now != formatted) {
        std::tm utc{};
        gmtime_r(&now, &utc);
        std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                      days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                      months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                      utc.tm_min, utc.tm_sec);
        formatted = now;
    }
    return text;
}

bool frames(std::string_view name) noexcept {
    static constexpr std::array<std::string_view, 3> framing{"Content-Length", "Connection",
                                                             "Transfer-Encoding"};
    return std::any_of(framing.begin(), framing.end(),
                       [name](std::string_view field) { return equal_ignoring_case(field, name); });
}

bool is_ours(std::string_view name) noexcept {
    return frames(name) || equal_ignoring_case(name, "Server") || equal_ignoring_case(name, "Date");
}

bool is_safe(std::string_view text) noexcept {
    return text.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos;
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
    if (name.empty() || !is_safe(name) || !is_safe(value)) return;
    head.append(name).append(": ").append(value).append("\r\n");
}

std::string status_line(unsigned status) {
    std::string head;
    head.reserve(256);
    head.append("HTTP/1.1 ").append(std::to_string(status)).append(1, ' ');
    head.append(reason_phrase(status)).append("\r\n");
    return head;
}

void append_connection(std::string& head, bool keep_alive, bool http_10) {
    if (!keep_alive)
        append_field(head, "Connection", "close");
    else if (http_10)
        append_field(head, "Connection", "keep-alive");
}

} // namespace

bool may_have_body(unsigned status) noexcept { return status >= 200 && status != 204 && status != 304; }

std::string response_head(const HttpResponse& response, bool keep_alive, bool http_10) {
    std::string head = status_line(response.status);
    append_field(head, "Server", "nanomdm");
    append_field(head, "Date", http_date());
    if (!response.content_type.empty()) append_field(head, "Content-Type", response.content_type);
    if (may_have_body(response.status))
        append_field(head, "Content-Length", std::to_string(response.body.size()));
    append_connection(head, keep_alive, http_10);
    for (const auto& [name, value] : response.headers) {
        if (!is_ours(name)) append_field(head, name, value);
    }
    head.append("\r\n");
    return head;
}

std::string stream_head(const StreamHead& stream, bool chunked, bool keep_alive, bool http_10) {
    constexpr unsigned no_content = 204;
    std::string head = status_line(stream.status);
    if (stream.headers.count("Date") == 0) append_field(head, "Date", http_date());
    if (stream.length && stream.status != no_content)
        append_field(head, "Content-Length", std::to_string(*stream.length));
    if (chunked) append_field(head, "Transfer-Encoding", "chunked");
    append_connection(head, keep_alive, http_10);
    for (const auto& [name, value] : stream.headers) {
        if (!frames(name)) append_field(head, name, value);
    }
    head.append("\r\n");
    return head;
}

} // namespace nanomdm::http
