// What it takes to wake an enrollment by the Apple Push Notification service.
#pragma once

#include "nanomdm/mdm/text.hpp"

#include <chrono>
#include <string>

namespace nanomdm {

/// Wall-clock time, UTC.
using TimePoint = std::chrono::system_clock::time_point;

struct TopicTag {
    static constexpr TextRule rule{.name = "Topic", .max = 255};
};
/// The APNs topic: the UID of the push certificate's subject, "com.apple.mgmt.…".
using Topic = Text<TopicTag>;

struct PushMagicTag {
    static constexpr TextRule rule{.name = "PushMagic", .max = 127};
};
using PushMagic = Text<PushMagicTag>;

/// The APNs device token of an enrollment.
class PushToken {
public:
    /// @param bytes 1 to 127 raw bytes. @throws Error{Errc::invalid}
    explicit PushToken(std::string bytes);
    /// @param hex two digits a byte, either case. @throws Error{Errc::invalid}
    [[nodiscard]] static PushToken from_hex(std::string_view hex);

    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    /// Lower case, as APNs takes it in its path.
    [[nodiscard]] std::string hex() const;

    friend bool operator==(const PushToken&, const PushToken&) = default;

private:
    std::string bytes_;
};

struct PushInfo {
    Topic topic;
    PushMagic magic;
    PushToken token;

    friend bool operator==(const PushInfo&, const PushInfo&) = default;
};

} // namespace nanomdm
