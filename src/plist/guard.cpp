// Chooses the guard by format.
#include "plist/guard.hpp"

#include "nanomdm/error.hpp"
#include "plist/limits.hpp"

namespace nanomdm::plist {

Format format_of(std::string_view body) noexcept {
    return body.starts_with("bplist") ? Format::binary : Format::xml;
}

void guard(std::string_view body) {
    if (body.size() > max_bytes) throw Error{Errc::invalid, "property list is too large"};
    if (format_of(body) == Format::binary) {
        guard_binary(body);
    } else {
        guard_xml(body);
    }
}

} // namespace nanomdm::plist
