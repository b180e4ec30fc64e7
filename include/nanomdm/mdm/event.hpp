// What the webhook is told of a message: the stamp a message gets on arrival, and the event made from it.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"
#include "nanomdm/mdm/push_info.hpp"

#include <map>
#include <string>

namespace nanomdm {

/// Given to a message when it arrives and a webhook is to hear of it: with it, the storage records the event
/// in the same transaction as the message's effect.
struct EventStamp {
    std::string id; ///< unique per event
    TimePoint created_at;
    std::map<std::string, std::string> url_params = {};
};

/// One event as the webhook's receiver gets it.
struct Event {
    std::string id;    ///< the member `event_id`
    std::string topic; ///< "mdm.TokenUpdate", …
    TimePoint created_at;
    EnrollmentId enrollment; ///< events of one enrollment are delivered in the order they were recorded
    std::string body;        ///< the JSON object, as it is sent
};

} // namespace nanomdm
