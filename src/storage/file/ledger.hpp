// The state in memory under its one lock: the index, and what the plain files do not have yet.
#pragma once

#include "storage/file/index.hpp"
#include "storage/file/outbox.hpp"
#include "storage/file/unwritten.hpp"

#include <cstdint>
#include <mutex>

namespace nanomdm::storage::file {

struct Ledger {
    /// Held for short steps without I/O only.
    std::mutex mutex;
    Index index;
    Outbox outbox;
    Unwritten current; ///< collects
    Unwritten writing; ///< being written out; changed by the writing thread alone, under the lock
    /// Counts how often `writing` was let go of. Who looked in the plain files first and in memory second
    /// looks again when it changed in between.
    std::uint64_t generation = 0;

    void apply(Lsn lsn, const Record& record) {
        index.apply(lsn, record);
        apply_unwritten(lsn, record);
    }
    /// To all but the index.
    void apply_unwritten(Lsn lsn, const Record& record) {
        current.add(lsn, record);
        outbox.apply(lsn, record);
        for (const Lsn gone : outbox.take_gone()) current.forget_event(gone);
    }

    /// An event that the event log lacks; null: it is written, or gone.
    [[nodiscard]] std::shared_ptr<const EventRecord> unwritten_event(Lsn recorded) const {
        auto event = current.event(recorded);
        return event ? event : writing.event(recorded);
    }

    /// A body that the plain file lacks: set when there is news of it in memory (null in it: it is gone).
    [[nodiscard]] const EnrollmentChanges::BodyChange* unwritten_body(std::string_view id, Body body) const {
        for (const Unwritten* part : {&current, &writing}) {
            const auto* changes = part->enrollment(id);
            if (changes != nullptr && changes->bodies[number_of(body)].is_changed)
                return &changes->bodies[number_of(body)];
        }
        return nullptr;
    }
};

} // namespace nanomdm::storage::file
