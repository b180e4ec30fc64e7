// Brings the plain files up to what the ledger holds, many changes of one enrollment at once.
#pragma once

#include "storage/file/command_files.hpp"
#include "storage/file/enrollment_files.hpp"
#include "storage/file/event_log.hpp"
#include "storage/file/ledger.hpp"
#include "storage/file/result_files.hpp"

#include <functional>
#include <vector>

namespace nanomdm::storage::file {

/// One thread at a time; other threads go on changing the ledger meanwhile.
class PlainWriter {
public:
    PlainWriter(Files& files, const Layout& layout, std::uint64_t event_file_bytes) noexcept;

    /// Writes everything unwritten and flushes it.
    /// @param durable returns once the record is: no plain file may show what could still be lost.
    /// @throws FileError; then everything stays in memory, and the next call writes it again.
    void write_out(Ledger& ledger, const std::function<void(Lsn)>& durable);

    /// Writes the events alone, which come in numbers when many enrollments repeat themselves: their own
    /// files need not be written again for that. Nothing is flushed; the next write_out() does that. Does
    /// nothing after a failed attempt, which that goes on with.
    void write_events(Ledger& ledger, const std::function<void(Lsn)>& durable);
    /// What write_events() has left to the next write_out().
    [[nodiscard]] bool has_unflushed_events() const noexcept { return has_unflushed_events_; }

    /// A checkpoint of everything up to `applied` is durable: files that it made superfluous may go.
    void let_go(Lsn applied) { events_.let_go(applied); }

    /// The journal has been replayed: from the next call on, nothing is written twice.
    void set_recovered() noexcept { is_recovered_ = true; }

private:
    void write_enrollments(Ledger& ledger, const std::function<void(Lsn)>& durable);
    void write_push_certificates(Ledger& ledger, const std::function<void(Lsn)>& durable);
    void flush();
    void commit(Ledger& ledger);
    void put_in_place(const Unwritten& written);

    Files& files_;
    const Layout& layout_;
    EnrollmentFiles enrollments_;
    CommandFiles commands_;
    ResultFiles results_;
    PushCertificateFiles push_certificates_;
    EventLog events_;
    bool is_recovered_ = false;
    bool has_unflushed_events_ = false;
    bool is_careful_ = true; ///< files may have been left in the middle: by a crash, or a failed attempt
};

} // namespace nanomdm::storage::file
