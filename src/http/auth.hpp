// HTTP Basic authentication of administrators by API key (RFC 7617).
#pragma once

#include "http/message.hpp"
#include "http/router.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nanomdm::http {

/// One user with several keys, so that a key can be rotated without a gap. Safe on any thread.
class BasicAuth {
public:
    /// @throws Error{Errc::invalid} when a key is empty.
    BasicAuth(std::string user, const std::vector<std::string>& keys);

    /// Takes effect for the next request.
    void replace_keys(const std::vector<std::string>& keys);

    /// Takes the same time whichever key matches, or none.
    [[nodiscard]] bool allows(const HttpRequest& request) const;

    /// 401, the one answer to a wrong and to a missing key.
    [[nodiscard]] static HttpResponse challenge();

    /// The Route::admit of protected routes: the challenge, before the body is read.
    /// The object must outlive what it returns.
    [[nodiscard]] Admission admission() const;

private:
    using Credentials = std::vector<std::string>; ///< digests of `user:key`
    [[nodiscard]] std::shared_ptr<const Credentials> digests(const std::vector<std::string>& keys) const;

    std::string user_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Credentials> accepted_;
};

} // namespace nanomdm::http
