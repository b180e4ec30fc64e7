// An open store: its parts, and what goes on in the background.
#pragma once

#include "storage/file/body_cache.hpp"
#include "storage/file/clock.hpp"
#include "storage/file/event_files.hpp"
#include "storage/file/journal.hpp"
#include "storage/file/ledger.hpp"
#include "storage/file/names.hpp"
#include "storage/file/options.hpp"
#include "storage/file/plain_writer.hpp"
#include "storage/file/recovery.hpp"
#include "storage/file/retention.hpp"
#include "storage/file/snapshot.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace nanomdm::storage::file {

/// An operation that writes: journal().admit(); lock ledger().mutex; look, decide, record(); unlock;
/// journal().wait_durable(). One that reads: lock, copy, unlock, wait until what it read is durable.
class Store {
public:
    explicit Store(FileOptions options);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    [[nodiscard]] const FileOptions& options() const noexcept { return options_; }
    [[nodiscard]] Ledger& ledger() noexcept { return ledger_; }
    [[nodiscard]] Journal& journal() noexcept { return *journal_; }
    [[nodiscard]] const CommandFiles& commands() const noexcept { return commands_; }
    [[nodiscard]] const ResultFiles& results() const noexcept { return results_; }

    /// Journals a record and applies it. Expects the ledger's lock.
    Lsn record(const Record& record) { return this->record(record, encode(record)); }
    /// The same with the encoding made before the lock was taken.
    Lsn record(const Record& record, const std::string& encoded);

    /// What an enrollment sent, from memory or its plain file. Takes the lock.
    /// @throws Error{Errc::corrupt} when the file does not hold what it should.
    [[nodiscard]] std::optional<std::string> body(std::string_view id, Body body);
    /// The same of several, as they were at one moment.
    [[nodiscard]] std::vector<std::optional<std::string>> bodies(std::string_view id,
                                                                 std::span<const Body> wanted);
    /// @param created of the QueuedCommand. @return null when the files are gone or damaged. No lock.
    [[nodiscard]] Bytes stored_command_body(const std::string& uuid, Lsn created);

    /// Journals and applies a record that depends on nothing; durable when it returns. Takes the lock.
    void record_now(const Record& record);

    [[nodiscard]] const EventFiles& event_files() const noexcept { return event_files_; }

    /// Expects the ledger's lock.
    void touch(EnrollmentEntry& entry);
    void record_last_seen();

    /// Brings the plain files up to date and lets go of the journal behind them.
    /// @param is_last writes a snapshot if anything changed since the last one.
    void checkpoint(bool is_last = false);
    /// Moves the webhook's events out of memory, without a checkpoint.
    void write_events();

private:
    struct Positions {
        std::uint64_t checkpoint = 0;
        std::uint64_t snapshot = 0;
    };

    void run_background();
    bool checkpoint_is_due();
    bool events_are_due();
    void wait_durable(Lsn lsn) { journal_->wait_durable(lsn); }

    const FileOptions options_;
    Files& files_;
    const Layout layout_;
    const OpenFile lock_;
    Ledger ledger_;
    PlainWriter writer_;
    const CommandFiles commands_;
    const ResultFiles results_;
    const EnrollmentFiles enrollments_;
    const EventFiles event_files_;
    BodyCache bodies_{std::size_t{8} << 20};
    std::optional<Journal> journal_;
    std::optional<Retention> retention_;
    std::vector<EnrollmentEntry*> seen_; ///< since record_last_seen; under the ledger's lock

    std::mutex checkpoint_mutex_; ///< one checkpoint at a time; guards what follows
    std::optional<WrittenSnapshot> snapshot_;
    Positions positions_;
    std::chrono::steady_clock::time_point last_checkpoint_;
    Lsn last_checkpoint_record_ = 0;
    bool is_snapshot_due_ = false;

    std::mutex stop_mutex_;
    std::condition_variable stop_;
    bool is_stopping_ = false;
    std::thread background_;
};

} // namespace nanomdm::storage::file
