// Where the paths that devices send may lead: below one URL, and nowhere else.
#pragma once

#include <string>
#include <string_view>

namespace nanomdm::http {

/// An administrator's URL, against which devices' relative references are resolved (RFC 3986 section 5.2).
class UrlPrefix {
public:
    /// @throws Error{Errc::invalid} unless it is an absolute http or https URL without fragment.
    explicit UrlPrefix(std::string url);

    /// The URL ends with '/'; if not, its last segment is replaced by what is resolved, as RFC 3986 wants it.
    [[nodiscard]] bool is_directory() const noexcept { return directory_.size() == url_.size(); }

    /// What a URL cannot hold is percent-encoded.
    /// @throws Error{Errc::invalid} for a reference that leaves the prefix, could be taken for one that does
    /// by a server that decodes once more, has a query or fragment, or is over 2,048 bytes.
    [[nodiscard]] std::string resolve(std::string_view reference) const;

    /// The URL with a path below its own, exactly as it is encoded; here the URL's last segment stays also
    /// without a '/' behind it.
    /// @param path relative, of a request target, @param query without '?'
    /// @throws Error{Errc::invalid} for dots as a segment, openly or hidden, for broken escapes, and for what
    /// is no part of a URL.
    [[nodiscard]] std::string below(std::string_view path, std::string_view query) const;

private:
    std::string url_;
    std::string directory_; ///< the URL up to the last '/' of its path
    std::string base_path_; ///< the path of it, "/dm/"
};

} // namespace nanomdm::http
