// The one exception type of the project: a cause a caller can act on, and a text for the log.
#pragma once

#include <stdexcept>
#include <string>

namespace nanomdm {

/// What went wrong, as far as a caller can act on it. http/status.cpp alone maps these to HTTP.
enum class Errc {
    invalid,         ///< the input is malformed or breaks a limit; the same input fails again
    forbidden,       ///< the caller is known and not allowed
    not_found,       ///< what was named does not exist
    conflict,        ///< contradicts what is stored already
    too_large,       ///< over a configured size
    unavailable,     ///< storage or a resource is out of reach or overloaded; try again later
    upstream_failed, ///< a server this one depends on failed or answered nonsense
    not_configured,  ///< the feature exists and is not switched on
    corrupt,         ///< stored bytes fail their checks
    internal,        ///< a bug or the operating system
};

/// what() is written for the log and may name paths or statements: never send it to a client
/// unless the code is Errc::invalid, whose text describes the client's own input.
class Error : public std::runtime_error {
public:
    Error(Errc code, const std::string& what) : std::runtime_error{what}, code_{code} {}

    [[nodiscard]] Errc code() const noexcept { return code_; }

private:
    Errc code_;
};

} // namespace nanomdm
