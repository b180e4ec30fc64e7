// Recording events in the transaction of their effect.
#pragma once

#include "mdm/event.hpp"
#include "storage/mysql/database.hpp"

#include <cstddef>
#include <optional>
#include <type_traits>

namespace nanomdm::storage::mysql {

/// One statement, unless the body is larger than `most_at_once` bytes: one for each part of it then. Locks
/// the enrollment's lane until the transaction ends: to be the last of it.
void record(Session& session, const Event& event, std::size_t most_at_once);

/// The event of a message that has a stamp; for all but TokenUpdates.
template <class AnyMessage> [[nodiscard]] std::optional<Event> event_of(const AnyMessage& message) {
    if (!message.event) return std::nullopt;
    return make_event(message);
}

/// Runs work on a connection, and when there is an event, records it after that in the same transaction.
/// Work of several statements that need a transaction anyway calls record() itself.
template <class Work>
auto with_event(Database& database, const std::optional<Event>& event, std::size_t most_at_once,
                Work&& work) {
    if (!event) return database.run(work);
    return database.transact([&](Session& session) {
        if constexpr (std::is_void_v<std::invoke_result_t<Work&, Session&>>) {
            work(session);
            record(session, *event, most_at_once);
        } else {
            auto result = work(session);
            record(session, *event, most_at_once);
            return result;
        }
    });
}

} // namespace nanomdm::storage::mysql
