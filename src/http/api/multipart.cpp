// A small multipart reader: no transfer encodings, no nesting, as form senders write it.
#include "http/api/multipart.hpp"

#include "nanomdm/error.hpp"

namespace nanomdm::http {
namespace {

constexpr std::size_t most_parts = 1024;
constexpr std::size_t longest_boundary = 70; // RFC 2046 5.1.1

[[noreturn]] void refuse(const char* why) { throw Error{Errc::invalid, std::string{"form: "} + why}; }

/// The value of `key="…"` or `key=…` among header parameters; empty when absent.
std::string_view parameter(std::string_view header, std::string_view key) {
    for (auto at = header.find(key); at != std::string_view::npos; at = header.find(key, at + 1)) {
        const bool begins = at > 0 && (header[at - 1] == ' ' || header[at - 1] == ';');
        auto value = header.substr(at + key.size());
        if (!begins || !value.starts_with('=')) continue;
        value.remove_prefix(1);
        if (value.starts_with('"')) return value.substr(1, value.substr(1).find('"'));
        return value.substr(0, value.find_first_of("; \r\n"));
    }
    return {};
}

} // namespace

std::vector<FormPart> parse_multipart(std::string_view content_type, std::string_view body) {
    const auto boundary = parameter(content_type, "boundary");
    if (boundary.empty() || boundary.size() > longest_boundary) refuse("no boundary");
    const std::string first = "--" + std::string{boundary};
    const std::string next = "\r\n" + first;
    if (!body.starts_with(first)) refuse("does not start with its boundary");

    std::vector<FormPart> parts;
    body.remove_prefix(first.size());
    while (!body.starts_with("--")) {
        if (parts.size() == most_parts) refuse("too many parts");
        if (!body.starts_with("\r\n")) refuse("broken boundary line");
        const auto header_end = body.find("\r\n\r\n");
        if (header_end == std::string_view::npos) refuse("part without a header");
        const auto header = body.substr(0, header_end);
        const auto content = body.substr(header_end + 4);
        const auto end = content.find(next);
        if (end == std::string_view::npos) refuse("part without an end");
        parts.push_back({std::string{parameter(header, "name")}, std::string{content.substr(0, end)}});
        body = content.substr(end + next.size());
    }
    return parts;
}

} // namespace nanomdm::http
