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

bool is_ours(std::string_view name) noexcept {
    static constexpr std::array<std::string_view, 5> ours{"Server", "Date", "Content-Length", "Connection",
                                                          "Transfer-Encoding"};
    return std::any_of(ours.begin(), ours.end(),
                       [name](std::string_view own) { return equal_ignoring_case(own, name); });
}

bool is_safe(std::string_view text) noexcept {
    return text.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos;
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
    if (name.empty() || !is_safe(name) || !is_safe(value)) return;
    head.append(name).append(": ").append(value).append("\r\n");
}

} // namespace

bool may_have_body(unsigned status) noexcept { return status >= 200 && status != 204 && status != 304; }

std::string response_head(const HttpResponse& response, bool keep_alive, bool http_10) {
    std::string head;
    head.reserve(256);
    head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(1, ' ');
    head.append(reason_phrase(response.status)).append("\r\n");
    append_field(head, "Server", "nanomdm");
    append_field(head, "Date", http_date());
    if (!response.content_type.empty()) append_field(head, "Content-Type", response.content_type);
    if (may_have_body(response.status))
        append_field(head, "Content-Length", std::to_string(response.body.size()));
    if (!keep_alive)
        append_field(head, "Connection", "close");
    else if (http_10)
        append_field(head, "Connection", "keep-alive");
    for (const auto& [name, value] : response.headers) {
        if (!is_ours(name)) append_field(head, name, value);
    }
    head.append("\r\n");
    return head;
}

} // namespace nanomdm::http
