// RFC 3986 5.2 for a reference that may have a path only, with the escapes from the prefix refused.
#include "http/upstream/url_prefix.hpp"

#include "http/client/http_client.hpp"
#include "http/message.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <vector>

namespace nanomdm::http {
namespace {

constexpr std::size_t longest_reference = 2048;

[[noreturn]] void refuse(const char* why) {
    throw Error{Errc::invalid, std::string{"the path asked for "} + why};
}

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// pchar and '/' of RFC 3986, with '%', whose escapes are checked apart.
bool may_stand(char c) noexcept {
    constexpr std::string_view marks = "-._~!$&'()*+,;=:@/%";
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           marks.find(c) != std::string_view::npos;
}

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    for (;;) {
        const auto slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

/// What a segment is to a server that cuts off path parameters ("..;x").
bool is_dots(std::string_view segment) noexcept {
    const auto name = segment.substr(0, segment.find(';'));
    return name == "." || name == "..";
}

/// The escapes of one segment, undone as often as there are any: what a chain of proxies might make of it.
std::string laid_bare(std::string_view segment) {
    std::string text{segment};
    auto decoded = percent_decode(text);
    if (!decoded) refuse("has a broken percent escape");
    while (decoded && *decoded != text) {
        text = std::move(*decoded);
        decoded = percent_decode(text);
    }
    return text;
}

/// Dots that stand in the open are resolved; hidden ones would be resolved by somebody else.
void check_segment(std::string_view segment) {
    if (segment == "." || segment == "..") return;
    auto bare = laid_bare(segment);
    std::ranges::replace(bare, '\\', '/');
    if (std::ranges::any_of(bare, is_control) || std::ranges::any_of(segments_of(bare), is_dots))
        refuse("hides dots or control characters");
}

void append_encoded(std::string& url, std::string_view segment) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : segment) {
        if (may_stand(c)) {
            url += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            url += '%';
            url += digits[byte >> 4];
            url += digits[byte & 0xF];
        }
    }
}

} // namespace

UrlPrefix::UrlPrefix(std::string url) : url_{std::move(url)} {
    (void)origin_of(url_);
    if (std::ranges::any_of(url_, is_control) || url_.find_first_of("#\\ ") != std::string::npos)
        throw Error{Errc::invalid, "has a fragment, or what no URL can hold"};
    // libcurl is content with one slash, or with three.
    const auto authority = url_.find(':') + 3;
    if (url_.compare(authority - 3, 3, "://") != 0 || authority >= url_.size() || url_[authority] == '/')
        throw Error{Errc::invalid, "not an absolute http or https URL"};
    const auto query = std::min(url_.find('?', authority), url_.size());
    const auto path = url_.find('/', authority);
    if (path >= query) { // npos too
        url_.insert(query, "/");
        directory_ = url_.substr(0, query + 1);
        base_path_ = "/";
    } else {
        directory_ = url_.substr(0, url_.rfind('/', query) + 1);
        base_path_ = directory_.substr(path);
    }
}

std::string UrlPrefix::resolve(std::string_view reference) const {
    if (reference.empty()) return url_;
    if (reference.size() > longest_reference) refuse("is too long");
    if (reference.find_first_of("?#\\") != std::string_view::npos ||
        std::ranges::any_of(reference, is_control))
        refuse("is no path");
    if (reference.starts_with("//")) refuse("names a server");
    if (segments_of(reference).front().find(':') != std::string_view::npos) refuse("names a scheme");

    if (reference.front() == '/') { // lies below the prefix, or leads away
        if (!reference.starts_with(base_path_)) refuse("leads away");
        reference.remove_prefix(base_path_.size());
    }
    std::vector<std::string_view> path;
    const auto segments = segments_of(reference);
    for (const auto segment : segments) {
        check_segment(segment);
        if (segment == "..") {
            if (path.empty()) refuse("leads away");
            path.pop_back();
        } else if (segment != ".") {
            path.push_back(segment);
        }
    }
    if (segments.back() == "." || segments.back() == "..") path.emplace_back(); // "a/.." is "a/../"

    auto target = directory_;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (i > 0) target += '/';
        append_encoded(target, path[i]);
    }
    return target;
}

std::string UrlPrefix::below(std::string_view path, std::string_view query) const {
    const auto is_foreign = [](char c) { return is_control(c) || c == ' ' || c == '#'; };
    if (std::ranges::any_of(path, is_foreign) || std::ranges::any_of(query, is_foreign) ||
        path.find_first_of("?\\") != std::string_view::npos)
        refuse("is no path");
    for (const auto segment : segments_of(path)) {
        if (is_dots(segment)) refuse("leads away");
        check_segment(segment);
    }
    std::string target = url_.substr(0, url_.find('?'));
    if (!target.ends_with('/')) target += '/';
    target += path;
    if (!query.empty()) target.append("?").append(query);
    return target;
}

} // namespace nanomdm::http
