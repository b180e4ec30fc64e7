// Opening, closing, checkpoints and the background thread.
#include "storage/file/store.hpp"

#include "log/log.hpp"
#include "storage/file/crc32c.hpp"
#include "storage/file/stop_process.hpp"
#include "storage/file/store_directory.hpp"

#include <algorithm>
#include <utility>

namespace nanomdm::storage::file {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
/// So much journal is worth a checkpoint before the interval is over. Each writes the files of all
/// enrollments that something came from, so that a few large ones cost less than many small ones; half of
/// what the journal may be ahead (JournalLimits), it holds up nobody.
constexpr std::uint64_t journal_per_checkpoint = 128 * mebibyte;
/// So much journal at least is replayed after a crash before another snapshot is worth its writing.
constexpr std::uint64_t journal_per_snapshot = 32 * mebibyte;
/// A start that had to replay more leaves a new snapshot behind.
constexpr std::uint64_t records_per_start = 10'000;
constexpr std::size_t seen_per_record = 1000;
constexpr std::chrono::milliseconds background_pace{200};
constexpr int most_read_attempts = 100;

std::string directory_text(const std::filesystem::path& path) {
    return std::filesystem::absolute(path).lexically_normal().string();
}

std::string without_end_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

} // namespace

Store::Store(FileOptions options)
    : options_{std::move(options)}, files_{options_.files != nullptr ? *options_.files : posix_files()},
      layout_{without_end_slash(directory_text(options_.directory))}, lock_{open_directory(
                                                                          files_, layout_,
                                                                          options_.must_exist)},
      writer_{files_, layout_, options_.event_file_bytes}, commands_{files_, layout_}, results_{files_,
                                                                                                layout_},
      enrollments_{files_, layout_}, event_files_{files_, layout_}, last_checkpoint_{Clock::now()} {
    const JournalReader found{files_, layout_.journal()};
    if (found.empty() && files_.list(layout_.enrollments()).size() > 0)
        throw Error{Errc::corrupt,
                    "the journal of " + layout_.root() + " is missing; restore the store from a backup"};
    const auto make_room = [this, &found] {
        if (ledger_.current.bytes() <= options_.unwritten_bytes) return;
        Journal::secure(files_, found);
        writer_.write_out(ledger_, [](Lsn) {});
    };
    const auto recovered = recover(files_, layout_, found, ledger_, false, make_room);
    for (const auto& damage : recovered.damaged_events)
        log::error("events for the webhook are damaged and lost",
                   {{"file", damage.path}, {"offset", std::to_string(damage.offset)}});
    if (recovered.used_snapshot) snapshot_ = {recovered.snapshot, recovered.snapshot_bytes};
    is_snapshot_due_ = !recovered.used_snapshot || recovered.replayed > records_per_start;
    if (!is_snapshot_due_ && ledger_.current.empty()) last_checkpoint_record_ = found.next() - 1;
    writer_.set_recovered();
    journal_.emplace(files_, layout_.journal(), found, options_.journal);
    log::info("file store open", {{"directory", layout_.root()},
                                  {"enrollments", std::to_string(ledger_.index.size())},
                                  {"replayed", std::to_string(recovered.replayed)}});
    if (options_.retention) retention_.emplace(files_, layout_, *options_.retention);
    if (options_.has_background_thread) background_ = std::thread{[this] { run_background(); }};
}

Store::~Store() {
    {
        const std::lock_guard lock{stop_mutex_};
        is_stopping_ = true;
    }
    stop_.notify_all();
    if (background_.joinable()) background_.join();
    try {
        record_last_seen();
        checkpoint(true);
    } catch (const std::exception& error) {
        log::error("closing the file store: the journal keeps what the plain files lack",
                   {{"error", error.what()}});
    }
}

Lsn Store::record(const Record& record, const std::string& encoded) {
    const Lsn lsn = journal_->append(encoded);
    try {
        ledger_.apply(lsn, record);
    } catch (const std::exception& error) {
        // Half applied: memory would show, and the plain files would get, what no replay brings.
        stop_process("a record cannot be applied", error);
    }
    return lsn;
}

void Store::record_now(const Record& record) {
    const std::string encoded = encode(record);
    journal_->admit();
    Lsn lsn = 0;
    {
        const std::lock_guard lock{ledger_.mutex};
        lsn = this->record(record, encoded);
    }
    wait_durable(lsn);
}

std::optional<std::string> Store::body(std::string_view id, Body body) {
    return std::move(bodies(id, {&body, 1}).front());
}

std::vector<std::optional<std::string>> Store::bodies(std::string_view id, std::span<const Body> wanted) {
    struct Seen {
        BodyMark mark;
        Bytes in_memory;
    };
    for (int attempt = 1;; ++attempt) {
        std::vector<Seen> seen;
        Lsn lsn = 0;
        {
            const std::lock_guard lock{ledger_.mutex};
            const EnrollmentEntry* entry = ledger_.index.find(id);
            if (entry == nullptr) return std::vector<std::optional<std::string>>(wanted.size());
            lsn = entry->lsn;
            for (const Body body : wanted) {
                const auto* change = ledger_.unwritten_body(id, body);
                seen.push_back({entry->bodies[number_of(body)], change == nullptr ? nullptr : change->bytes});
            }
        }
        wait_durable(lsn);
        std::vector<std::optional<std::string>> found(wanted.size());
        std::string bad;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const auto& [mark, in_memory] = seen[i];
            if (!mark.is_there) continue;
            found[i] = in_memory ? std::optional{*in_memory} : enrollments_.body(id, wanted[i]);
            if (in_memory || (found[i] && found[i]->size() == mark.size && crc32c(*found[i]) == mark.crc))
                continue;
            bad = layout_.enrollment(id) + "/" + body_file_names[number_of(wanted[i])];
        }
        if (bad.empty()) return found;
        // A newer one may be on its way to the file; memory has it then.
        if (attempt == most_read_attempts) throw Error{Errc::corrupt, bad + " does not hold what was stored"};
    }
}

Bytes Store::stored_command_body(const std::string& uuid, Lsn created) {
    if (auto cached = bodies_.find(uuid, created)) return cached;
    auto stored = commands_.intact_body(uuid);
    if (!stored) return nullptr;
    auto body = shared_bytes(std::move(*stored));
    bodies_.put(uuid, created, body);
    return body;
}

void Store::touch(EnrollmentEntry& entry) {
    entry.last_seen = now();
    if (!std::exchange(entry.is_seen_unrecorded, true)) seen_.push_back(&entry);
}

void Store::record_last_seen() {
    if (journal_->is_disk_full()) return; // it waits in memory; space is for what was asked for
    Lsn lsn = 0;
    for (bool is_done = false; !is_done;) {
        const std::lock_guard lock{ledger_.mutex};
        LastSeenRecord record{.at = now(), .seen = {}};
        const auto count = std::min(seen_.size(), seen_per_record);
        for (auto left = count; left > 0; --left) {
            EnrollmentEntry& entry = *seen_.back();
            seen_.pop_back();
            entry.is_seen_unrecorded = false;
            record.seen.emplace_back(entry.id, entry.last_seen);
        }
        if (count > 0) lsn = this->record(record);
        is_done = seen_.empty();
    }
    if (lsn != 0) wait_durable(lsn);
}

void Store::checkpoint(bool is_last) {
    const std::lock_guard one_at_a_time{checkpoint_mutex_};
    last_checkpoint_ = Clock::now();
    {
        const std::lock_guard lock{ledger_.mutex};
        const bool is_clean = ledger_.current.empty() && ledger_.writing.empty();
        if (is_clean && journal_->last() == last_checkpoint_record_) return; // nothing happened since
    }
    const auto durable = [this](Lsn lsn) { wait_durable(lsn); };
    Lsn applied = 0;
    std::uint64_t position = 0;
    {
        const std::lock_guard lock{ledger_.mutex};
        // What an earlier attempt left is older than what came since.
        if (ledger_.writing.empty() || ledger_.current.empty()) {
            applied = journal_->last();
            position = journal_->position();
        }
    }
    if (applied != 0) wait_durable(applied);
    writer_.write_out(ledger_, durable);
    if (applied == 0) return; // the next one brings the rest

    journal_->settle(position);
    const auto since_snapshot = position - positions_.snapshot;
    if (is_snapshot_due_ || is_last ||
        since_snapshot >= std::max(journal_per_snapshot, 4 * snapshot_->bytes)) {
        snapshot_ = write_snapshot(files_, layout_, ledger_, applied, durable);
        positions_.snapshot = position;
        is_snapshot_due_ = false;
    }
    const Lsn oldest_needed = std::min(applied, snapshot_->lsn) + 1;
    Lsn recorded = 0;
    {
        const std::lock_guard lock{ledger_.mutex};
        recorded = record(CheckpointRecord{.at = now(), .applied = applied, .oldest_needed = oldest_needed});
    }
    wait_durable(recorded);
    positions_.checkpoint = position;
    last_checkpoint_record_ = recorded;
    writer_.let_go(applied);
    journal_->drop_before(oldest_needed);
}

void Store::write_events() {
    const std::lock_guard no_checkpoint{checkpoint_mutex_};
    writer_.write_events(ledger_, [this](Lsn lsn) { wait_durable(lsn); });
}

bool Store::events_are_due() {
    const std::lock_guard lock{ledger_.mutex};
    return ledger_.current.event_bytes() >= options_.unwritten_bytes / 2;
}

bool Store::checkpoint_is_due() {
    const std::lock_guard no_checkpoint{checkpoint_mutex_};
    const bool interval_is_over = Clock::now() - last_checkpoint_ >= options_.checkpoint_interval;
    std::size_t bytes = 0;
    bool is_clean = false;
    {
        const std::lock_guard lock{ledger_.mutex};
        bytes = ledger_.current.bytes();
        is_clean = ledger_.current.empty() && ledger_.writing.empty() && !writer_.has_unflushed_events();
    }
    if (!is_clean && (interval_is_over || bytes >= options_.unwritten_bytes)) return true;
    return journal_->position() - positions_.checkpoint >= journal_per_checkpoint;
}

void Store::run_background() {
    auto last_seen_recorded = Clock::now();
    std::unique_lock lock{stop_mutex_};
    while (!stop_.wait_for(lock, background_pace, [this] { return is_stopping_; })) {
        lock.unlock();
        try {
            journal_->prepare_spare();
            if (Clock::now() - last_seen_recorded >= options_.last_seen_interval) {
                last_seen_recorded = Clock::now();
                record_last_seen();
            }
            if (events_are_due()) write_events();
            if (checkpoint_is_due()) checkpoint();
            if (retention_) retention_->step(*this);
        } catch (const std::exception& error) {
            // The journal holds everything; trying again after an interval.
            log::error("bringing the plain files up to date failed", {{"error", error.what()}});
        }
        lock.lock();
    }
}

} // namespace nanomdm::storage::file
