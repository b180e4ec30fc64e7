// What the server must know of a command; the rest is between the administrator and the device.
#include "mdm/decode.hpp"

#include "nanomdm/error.hpp"
#include "plist/value.hpp"

#include <utility>

namespace nanomdm {

Command decode_command(std::string body) {
    const auto document = plist::Document::decode(body);
    auto uuid = document.root().string("CommandUUID");
    const auto command = document.root().dict("Command");
    if (!uuid) throw Error{Errc::invalid, "command without CommandUUID"};
    if (!command) throw Error{Errc::invalid, "command without Command"};
    auto request_type = command->string("RequestType");
    if (!request_type) throw Error{Errc::invalid, "command without RequestType"};
    return {CommandUuid{std::move(*uuid)}, RequestType{std::move(*request_type)}, std::move(body)};
}

} // namespace nanomdm
