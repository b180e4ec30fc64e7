// Write everything, flush, put states in place, flush: after each step a crash finds either what was there
// before or what the journal can complete.
#include "storage/file/plain_writer.hpp"

#include "storage/file/state_file.hpp"
#include "storage/file/stop_process.hpp"

#include <algorithm>
#include <utility>

namespace nanomdm::storage::file {
namespace {

/// Enrollments whose states are taken under one hold of the lock: some 30 µs.
constexpr std::size_t chunk = 16;

} // namespace

PlainWriter::PlainWriter(Files& files, const Layout& layout, std::uint64_t event_file_bytes) noexcept
    : files_{files}, layout_{layout}, enrollments_{files, layout}, commands_{files, layout},
      results_{files, layout}, push_certificates_{files, layout}, events_{files, layout, event_file_bytes} {}

void PlainWriter::write_out(Ledger& ledger, const std::function<void(Lsn)>& durable) {
    {
        const std::lock_guard lock{ledger.mutex};
        if (ledger.writing.empty())
            ledger.writing = std::exchange(ledger.current, {});
        else
            is_careful_ = true; // an earlier attempt failed
    }
    const Unwritten& writing = ledger.writing; // this thread alone changes it
    if (writing.empty()) {
        if (has_unflushed_events_) flush();
        return;
    }

    // Records that came after the caller's look at the journal are among them: files may show none of them,
    // and delete=1 may remove nothing on their word, before they are durable.
    durable(writing.newest());
    for (const auto& [uuid, changes] : writing.commands) commands_.write(uuid, changes, is_careful_);
    write_enrollments(ledger, durable);
    write_push_certificates(ledger, durable);
    events_.write(ledger, durable);
    flush();
    put_in_place(writing);
    flush();
    commit(ledger);
    is_careful_ = !is_recovered_;
}

void PlainWriter::write_events(Ledger& ledger, const std::function<void(Lsn)>& durable) {
    {
        const std::lock_guard lock{ledger.mutex};
        if (!ledger.writing.empty()) return;
        ledger.writing = ledger.current.take_events();
    }
    if (ledger.writing.empty()) return;
    durable(ledger.writing.newest());
    has_unflushed_events_ = true;
    events_.write(ledger, durable);
    commit(ledger);
}

void PlainWriter::commit(Ledger& ledger) {
    Unwritten written; // freed without the lock
    const std::lock_guard lock{ledger.mutex};
    written = std::exchange(ledger.writing, {});
    events_.commit(ledger.outbox);
    ++ledger.generation;
}

void PlainWriter::flush() try {
    files_.sync_filesystem(layout_.root());
    has_unflushed_events_ = false;
} catch (const Error& error) {
    stop_process("the plain files cannot be flushed", error);
}

void PlainWriter::write_enrollments(Ledger& ledger, const std::function<void(Lsn)>& durable) {
    struct Work {
        const std::string* id;
        const EnrollmentChanges* changes;
        std::string state;
    };
    std::vector<Work> batch;
    const auto write_batch = [&] {
        Lsn newest = 0;
        {
            const std::lock_guard lock{ledger.mutex};
            for (auto& work : batch) {
                const EnrollmentEntry& entry = ledger.index.find_or_add(*work.id);
                work.state = state_text(entry);
                newest = std::max(newest, entry.lsn);
            }
        }
        durable(newest);
        for (const auto& work : batch) {
            enrollments_.write(*work.id, work.state, *work.changes);
            if (work.changes->drops_results) results_.drop_all(*work.id);
            if (!work.changes->results.empty()) results_.append(*work.id, work.changes->results, is_careful_);
        }
        batch.clear();
    };
    for (const auto& [id, changes] : ledger.writing.enrollments) {
        batch.push_back({&id, &changes, {}});
        if (batch.size() == chunk) write_batch();
    }
    if (!batch.empty()) write_batch();
}

void PlainWriter::write_push_certificates(Ledger& ledger, const std::function<void(Lsn)>& durable) {
    for (const auto& topic : ledger.writing.push_topics) {
        StoredPushCertificate certificate;
        {
            const std::lock_guard lock{ledger.mutex};
            certificate = ledger.index.push_certificates().at(topic);
        }
        durable(certificate.lsn);
        push_certificates_.write(topic, certificate);
    }
}

void PlainWriter::put_in_place(const Unwritten& written) {
    for (const auto& [id, changes] : written.enrollments) enrollments_.put_state_in_place(id);
    for (const auto& topic : written.push_topics) push_certificates_.put_in_place(topic);
}

} // namespace nanomdm::storage::file
