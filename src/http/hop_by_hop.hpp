// Which header fields end at this server when it passes a message on.
#pragma once

#include "http/message.hpp"

#include <string_view>
#include <vector>

namespace nanomdm::http {

/// RFC 9110 section 7.6.1: the fields about the connection itself, those that Connection names, and those
/// with a length, which each side says for itself.
class HopByHop {
public:
    explicit HopByHop(const Headers& headers);
    [[nodiscard]] bool contains(std::string_view name) const noexcept;

private:
    std::vector<std::string_view> named_; ///< by Connection; parts of the headers
};

/// The fields of an answer that go on to the client.
[[nodiscard]] Headers end_to_end(const Headers& headers);

} // namespace nanomdm::http
