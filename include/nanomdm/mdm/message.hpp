// What devices send: the eight check-in messages and the command report, decoded once.
#pragma once

#include "nanomdm/mdm/command.hpp"
#include "nanomdm/mdm/enrollment.hpp"
#include "nanomdm/mdm/event.hpp"
#include "nanomdm/mdm/push_info.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>

namespace nanomdm {

struct SerialNumberTag {
    static constexpr TextRule rule{
        .name = "SerialNumber", .max = 127, .may_be_empty = true, .allows_controls = true};
};
using SerialNumber = Text<SerialNumberTag>;

struct UserNameTag {
    static constexpr TextRule rule{
        .name = "user name", .max = 255, .may_be_empty = true, .allows_controls = true};
};
using UserName = Text<UserNameTag>;

struct StatusTag {
    static constexpr TextRule rule{.name = "Status", .max = 31, .allows_controls = true};
};
using ReportStatus = Text<StatusTag>;

/// Common to all messages of a device.
struct Message {
    Identifiers identifiers;              ///< as sent
    Enrollment enrollment;                ///< normalized from them
    std::string raw;                      ///< the body as received; this is what is stored
    std::optional<EventStamp> event = {}; ///< set where a webhook is to hear of the message
};

/// Device channel only: starts a new enrollment. Apple: AuthenticateRequest.
struct Authenticate : Message {
    std::optional<Topic> topic; ///< Apple requires it; no effect depends on it
    SerialNumber serial_number; ///< empty on a user enrollment
};

/// Push data of a device or user channel. Apple: TokenUpdateRequest.
struct TokenUpdate : Message {
    PushInfo push;
    std::string unlock_token; ///< raw bytes; empty when the message has none
    UserName user_short_name;
    UserName user_long_name;
};

/// The profile was removed. Apple: CheckOutRequest.
struct CheckOut : Message {};

/// A user of a Mac wants a user channel. Apple: UserAuthenticateRequest.
struct UserAuthenticate : Message {
    std::string digest_response; ///< empty in the first message of the exchange
};

/// Escrow of a bootstrap token. Apple: SetBootstrapTokenRequest.
struct SetBootstrapToken : Message {
    std::string token; ///< raw bytes; empty: forget the one escrowed before
};

/// Apple: GetBootstrapTokenRequest.
struct GetBootstrapToken : Message {};

/// Apple: DeclarativeManagementRequest.
struct DeclarativeManagement : Message {
    std::string endpoint;
    std::string data; ///< JSON; empty: a plain fetch
};

/// Apple: GetTokenRequest.
struct GetToken : Message {
    std::string service_type;                           ///< `TokenServiceType`, never empty
    std::map<std::string, std::string> parameters = {}; ///< `TokenParameters`, as far as they are strings
};

using CheckIn = std::variant<Authenticate, TokenUpdate, CheckOut, UserAuthenticate, SetBootstrapToken,
                             GetBootstrapToken, DeclarativeManagement, GetToken>;

/// The device's report on a command, or that it is idle; asks for the next command.
struct CommandReport : Message {
    ReportStatus status;
    std::optional<CommandUuid> command_uuid; ///< absent on `Idle`

    [[nodiscard]] bool is_idle() const noexcept { return status.str() == "Idle"; }
    [[nodiscard]] bool is_not_now() const noexcept { return status.str() == "NotNow"; }
};

} // namespace nanomdm
