// Makes the webhook's events from messages.
#pragma once

#include "nanomdm/mdm/event.hpp"
#include "nanomdm/mdm/message.hpp"

namespace nanomdm {

// Each wants message.event to be set. The JSON has the members of NanoMDM's webhook; optional ones are left
// out where they don't apply.

/// Any check-in message but TokenUpdate.
[[nodiscard]] Event make_event(const Authenticate& message);
[[nodiscard]] Event make_event(const CheckOut& message);
[[nodiscard]] Event make_event(const UserAuthenticate& message);
[[nodiscard]] Event make_event(const SetBootstrapToken& message);
[[nodiscard]] Event make_event(const GetBootstrapToken& message);
[[nodiscard]] Event make_event(const DeclarativeManagement& message);
[[nodiscard]] Event make_event(const GetToken& message);
/// @param tally of the enrollment's TokenUpdates, this one included
[[nodiscard]] Event make_event(const TokenUpdate& message, int tally);
/// mdm.Connect
[[nodiscard]] Event make_event(const CommandReport& report);

} // namespace nanomdm
