// The blocks of the event log: events as they are sent, and what became of them.
#pragma once

#include "storage/file/outbox.hpp"
#include "storage/file/text_block.hpp"
#include "storage/file/unwritten.hpp"

#include <string>

namespace nanomdm::storage::file {

/// What stands at the beginning of each file.
struct EventFileStart {
    Lsn lsn = 0;              ///< without a checkpoint of this record the file does not count
    std::uint32_t oldest = 0; ///< files before this one don't count any more
};
[[nodiscard]] std::string encoded(const EventFileStart& start);
[[nodiscard]] bool is_start(const TextBlock& block);
/// @throws Error{Errc::corrupt}, as everything that reads a block here.
[[nodiscard]] EventFileStart decoded_start(const TextBlock& block);

[[nodiscard]] std::string encoded(Lsn lsn, const EventChange& change);
/// The same event in a newer file, with what the older ones said of it.
[[nodiscard]] std::string encoded_copy(Lsn lsn, const TextBlock& block, const RestoredEvent& event);

/// What the block says, to the outbox.
/// @param place of the block, should it be an event
void apply_block(const TextBlock& block, const EventPlace& place, Outbox& outbox);

/// The event as it was recorded. @throws Error{Errc::corrupt} also when the block is another kind
[[nodiscard]] Event decoded_event(const TextBlock& block);

} // namespace nanomdm::storage::file
