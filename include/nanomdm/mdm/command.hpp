// A command on its way to a device: opaque bytes with the two members the server must know.
#pragma once

#include "nanomdm/mdm/text.hpp"

#include <string>

namespace nanomdm {

struct CommandUuidTag {
    static constexpr TextRule rule{.name = "CommandUUID", .max = 127, .allows_controls = true};
};
/// Chosen by the administrator; unique per command, not necessarily a UUID.
using CommandUuid = Text<CommandUuidTag>;

struct RequestTypeTag {
    static constexpr TextRule rule{.name = "RequestType", .max = 63, .allows_controls = true};
};
using RequestType = Text<RequestTypeTag>;

/// See «Commands and queries» in Apple's Device Management documentation.
struct Command {
    CommandUuid uuid;
    RequestType request_type;
    std::string raw; ///< the property list exactly as enqueued; delivered byte for byte

    friend bool operator==(const Command&, const Command&) = default;
};

} // namespace nanomdm
