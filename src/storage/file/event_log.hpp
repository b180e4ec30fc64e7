// Writing the event log: what waits for the webhook's receiver, and what became of it, appended file by file;
// old files go when little in them still waits.
#pragma once

#include "storage/file/event_files.hpp"
#include "storage/file/ledger.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace nanomdm::storage::file {

/// Of the thread that writes the plain files. A new file is begun when the last one is large, or when more
/// than half of what there is is of no use: then what still waits in the oldest ones is copied to the new
/// one, which says that they don't count any more.
class EventLog {
public:
    EventLog(Files& files, const Layout& layout, std::uint64_t file_bytes) noexcept
        : files_{files}, log_{files, layout}, file_bytes_{file_bytes} {}

    /// Appends what `ledger.writing` has; in place of what an earlier attempt left. Takes the lock.
    /// @param durable as in PlainWriter::write_out.
    void write(Ledger& ledger, const std::function<void(Lsn)>& durable);
    /// What was written has been flushed. Expects the ledger's lock.
    void commit(Outbox& outbox);
    /// Removes files that a durable checkpoint has made superfluous.
    void let_go(Lsn applied);

private:
    struct Plan {
        std::uint32_t file = 0;
        std::uint64_t bytes = 0; ///< of the file, once all is written
        std::vector<std::pair<Lsn, EventPlace>> written;
        std::vector<std::pair<RestoredEvent, EventPlace>> moved;
    };
    /// Files before `oldest` don't count once there is a checkpoint of `lsn`.
    struct Obsolete {
        std::uint32_t oldest = 0;
        Lsn lsn = 0;
    };
    class Writer;

    void tidy(const std::map<std::uint32_t, Outbox::File>& known);
    [[nodiscard]] bool wants_new_file(const std::map<std::uint32_t, Outbox::File>& known) const;
    [[nodiscard]] std::uint32_t oldest_to_keep(const std::map<std::uint32_t, Outbox::File>& known) const;
    void copy(const std::vector<RestoredEvent>& events, Lsn lsn, Writer& writer);

    Files& files_;
    EventFiles log_;
    std::uint64_t file_bytes_;
    bool is_tidy_ = false; ///< behind the last committed byte, there is nothing
    Plan plan_;
    Obsolete obsolete_;
};

} // namespace nanomdm::storage::file
