// From a directory to the state in memory: the snapshot or the plain files, then the journal.
#pragma once

#include "storage/file/event_files.hpp"
#include "storage/file/files.hpp"
#include "storage/file/journal_reader.hpp"
#include "storage/file/ledger.hpp"
#include "storage/file/names.hpp"

#include <functional>
#include <optional>

namespace nanomdm::storage::file {

/// Fills an empty index from the plain files alone.
/// @throws Error{Errc::corrupt} naming the file that is damaged.
void read_plain_files(Files& files, const Layout& layout, Index& index);

struct Recovered {
    bool used_snapshot = false;
    Lsn snapshot = 0; ///< of the snapshot used; 0 without
    std::uint64_t snapshot_bytes = 0;
    std::uint64_t replayed = 0; ///< records
    std::vector<EventDamage> damaged_events;
};

/// Fills an empty ledger. Changes no file.
/// @param ignore_snapshot reads the plain files whatever the snapshot says.
/// @param make_room called now and then; may write out what is unwritten, to bound memory.
/// @throws Error{Errc::corrupt}
Recovered recover(Files& files, const Layout& layout, const JournalReader& journal, Ledger& ledger,
                  bool ignore_snapshot, const std::function<void()>& make_room);

} // namespace nanomdm::storage::file
