// From messages and their events to records.
#pragma once

#include "mdm/event.hpp"
#include "storage/file/clock.hpp"
#include "storage/file/record.hpp"

#include <optional>
#include <utility>

namespace nanomdm::storage::file {

/// The event alone, without an effect.
[[nodiscard]] inline EventRecord event_record(Event event) {
    return {.at = now(),
            .enrollment = event.enrollment.str(),
            .event_id = std::move(event.id),
            .topic = std::move(event.topic),
            .created_at = timestamp(event.created_at),
            .body = shared_bytes(std::move(event.body)),
            .effect = nullptr};
}

/// Of a message that the webhook is to hear of.
template <class Sent> [[nodiscard]] std::optional<EventRecord> recorded_event(const Sent& message) {
    if (!message.event) return std::nullopt;
    return event_record(make_event(message));
}

/// Both in one record, should there be an event.
[[nodiscard]] inline Record with_event(Record effect, const std::optional<EventRecord>& event) {
    if (!event) return effect;
    EventRecord both = *event;
    both.effect = std::make_shared<const Effect>(Effect{std::move(effect)});
    return both;
}

} // namespace nanomdm::storage::file
