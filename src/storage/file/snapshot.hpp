// A copy of the index in one file, so that starting does not read 50,000 directories. Disposable.
#pragma once

#include "storage/file/files.hpp"
#include "storage/file/ledger.hpp"
#include "storage/file/names.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace nanomdm::storage::file {

struct WrittenSnapshot {
    Lsn lsn = 0; ///< replay goes on behind it
    std::uint64_t bytes = 0;
};

/// Writes the index in small steps while the ledger is in use: entries may be newer than the snapshot's
/// number, and replay passes over what they have. Writes `last-seen` as well, for readers and for the case
/// that the snapshot is lost.
/// @param first the number of the last record applied before the call.
/// @param durable as in PlainWriter::write_out.
WrittenSnapshot write_snapshot(Files& files, const Layout& layout, Ledger& ledger, Lsn first,
                               const std::function<void(Lsn)>& durable);

/// Fills an empty index. @return nullopt when there is no usable snapshot; the index is spoilt then.
[[nodiscard]] std::optional<WrittenSnapshot> read_snapshot(Files& files, const Layout& layout, Index& index);

/// Adds the times of `last-seen` to the enrollments known; lines that make no sense are passed over.
void read_last_seen(Files& files, const Layout& layout, Index& index);

} // namespace nanomdm::storage::file
