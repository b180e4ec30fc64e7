// Property lists to typed messages: the one place where what a device or an administrator sent becomes
// values.
#pragma once

#include "nanomdm/mdm/command.hpp"
#include "nanomdm/mdm/message.hpp"

#include <string>
#include <string_view>

namespace nanomdm {

// All functions are pure and thread-safe. They take the body by value and move it, byte for byte, into
// the message's `raw`.

/// Decodes a check-in message, XML or binary. Apple: «Check-in» in Device Management.
/// @throws Error{Errc::invalid} when the body is no property list within the limits, its `MessageType` is
/// unknown, a required member is missing, a known member has another type than Apple's, or a value breaks
/// its limit.
[[nodiscard]] CheckIn decode_check_in(std::string body);

/// Decodes a command report by its top-level keys alone: what else the report holds (and whether it is
/// well-formed below the root) is not looked at, because a device whose report is refused sends it again
/// for ever. A `CommandUUID` that is not a string, or an empty one, counts as absent.
/// @throws Error{Errc::invalid} when `Status` is missing, unreadable or too long, when `CommandUUID` is
/// too long, or when the members name no enrollment.
[[nodiscard]] CommandReport decode_command_report(std::string body);

/// Decodes a command that an administrator enqueues: any property list with `CommandUUID` and
/// `Command.RequestType`.
/// @throws Error{Errc::invalid} when it is none, or one of the two is missing, empty or too long.
[[nodiscard]] Command decode_command(std::string body);

/// A cheap look at `MessageType`, to choose the thread that decodes the message; not a verdict on it.
/// @return a view into `body`; empty when it was not found quickly.
[[nodiscard]] std::string_view peek_message_type(std::string_view body) noexcept;

} // namespace nanomdm
