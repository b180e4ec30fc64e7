// Reports on commands and their results.
#include "storage/file/file_storage.hpp"
#include "storage/file/recorded_event.hpp"
#include "storage/file/store.hpp"

#include <algorithm>
#include <utility>

namespace nanomdm::storage {

using file::EnrollmentEntry;
using file::Ledger;
using file::Lsn;
using file::PendingCommand;
using file::ResultEntry;

namespace {

/// What memory has of the command's results: the newest, or that the files' are void, or nothing.
struct UnwrittenResult {
    std::optional<ResultEntry> newest;
    bool files_are_void = false;
};

UnwrittenResult unwritten_result(const Ledger& ledger, std::string_view id, std::string_view uuid) {
    for (const auto* part : {&ledger.current, &ledger.writing}) {
        const auto* changes = part->enrollment(id);
        if (changes == nullptr) continue;
        const auto found = std::find_if(changes->results.rbegin(), changes->results.rend(),
                                        [uuid](const ResultEntry& result) { return result.uuid == uuid; });
        if (found != changes->results.rend()) return {*found, false};
        if (changes->drops_results) return {std::nullopt, true};
    }
    return {};
}

/// Whether memory has the enrollment as one the command was enqueued to.
bool was_given_lately(const Ledger& ledger, std::string_view id, std::string_view uuid) {
    for (const auto* part : {&ledger.current, &ledger.writing}) {
        const auto* changes = part->command(uuid);
        if (changes == nullptr) continue;
        for (const auto& recipients : changes->recipients) {
            if (std::ranges::find(recipients.ids, id) != recipients.ids.end()) return true;
        }
    }
    return false;
}

/// How the report stands to the enrollment's queue.
struct Standing {
    bool is_pending = false;
    std::uint32_t not_now_tally = 0;
    file::Timestamp first_not_now = 0;
    bool is_last_reference = false;
    bool others_have_results = false; ///< other pending commands were answered NotNow

    friend bool operator==(const Standing&, const Standing&) = default;
};

Standing standing(const EnrollmentEntry& entry, std::string_view uuid) {
    Standing found;
    for (const PendingCommand& pending : entry.queue) {
        if (pending.command->uuid == uuid)
            found = {true, pending.not_now_tally, pending.first_not_now, pending.command->pending == 1,
                     found.others_have_results};
        else if (pending.not_now_tally > 0)
            found.others_have_results = true;
    }
    return found;
}

} // namespace

bool FileStorage::store_report(const CommandReport& report) {
    const auto event = file::recorded_event(report);
    const auto without_effect = [&](bool is_known) {
        if (event) store_->record_now(*event);
        return is_known;
    };
    if (!report.command_uuid || report.is_idle()) return without_effect(false);
    auto& ledger = store_->ledger();
    const std::string& id = report.enrollment.id.str();
    const std::string& uuid = report.command_uuid->str();
    const auto raw = file::shared_bytes(report.raw);
    store_->journal().admit();
    for (;;) {
        // First look; the record is made outside the lock, and the look repeated before it counts.
        Standing seen;
        std::uint64_t generation = 0;
        std::optional<ResultEntry> before;
        bool is_enrolled = false;
        bool look_in_files = false;
        bool was_given = false;
        {
            const std::lock_guard lock{ledger.mutex};
            const EnrollmentEntry* entry = ledger.index.find(id);
            is_enrolled = entry != nullptr;
            generation = ledger.generation;
            if (is_enrolled) seen = standing(*entry, uuid);
            if (is_enrolled && !seen.is_pending) {
                auto in_memory = unwritten_result(ledger, id, uuid);
                before = std::move(in_memory.newest);
                look_in_files = !before && !in_memory.files_are_void;
                if (look_in_files) was_given = was_given_lately(ledger, id, uuid);
            }
        }
        if (!is_enrolled) return without_effect(false);
        // A report on a command it was never given costs one look, not the enrollment's history.
        if (look_in_files && !was_given) look_in_files = store_->commands().was_given_to(uuid, id);
        if (look_in_files) before = store_->results().newest(id, uuid);

        file::ReportRecord record{
            .at = file::now(), .id = id, .uuid = uuid, .status = report.status.str(), .raw = raw};
        if (seen.is_pending) {
            record.finishes = !report.is_not_now();
            record.not_now_tally = seen.not_now_tally + (record.finishes ? 0 : 1);
            record.first_not_now = seen.first_not_now;
            if (!record.finishes && record.first_not_now == 0) record.first_not_now = record.at;
            if (record.finishes && store_->options().delete_finished) {
                record.is_kept = false;
                record.raw = nullptr;
                record.drops_command = seen.is_last_reference;
                record.drops_results = seen.not_now_tally > 0 && !seen.others_have_results;
            }
        } else {
            // Finished before, or cleared, or never given to this enrollment.
            if (!before || before->status.empty() || !before->is_final()) return without_effect(false);
            // A late duplicate from before the command was done: were it believed, the result would be lost.
            if (report.is_not_now()) {
                store_->journal().wait_durable(before->lsn);
                return without_effect(true);
            }
            record.not_now_tally = before->not_now_tally;
            record.first_not_now = before->first_not_now;
        }
        const file::Record final_record = file::with_event(std::move(record), event);
        const std::string encoded = file::encode(final_record);
        Lsn lsn = 0;
        {
            const std::lock_guard lock{ledger.mutex};
            const bool is_same = standing(*ledger.index.find(id), uuid) == seen;
            if (!is_same || (!seen.is_pending && generation != ledger.generation)) continue;
            lsn = store_->record(final_record, encoded);
        }
        store_->journal().wait_durable(lsn);
        return true;
    }
}

std::optional<StoredResult> FileStorage::result(const EnrollmentId& id, const CommandUuid& uuid) {
    auto& ledger = store_->ledger();
    std::optional<ResultEntry> newest;
    Lsn lsn = 0;
    bool look_in_files = false;
    {
        const std::lock_guard lock{ledger.mutex};
        const EnrollmentEntry* entry = ledger.index.find(id.str());
        if (entry == nullptr) return std::nullopt;
        lsn = entry->lsn;
        auto in_memory = unwritten_result(ledger, id.str(), uuid.str());
        newest = std::move(in_memory.newest);
        look_in_files = !newest && !in_memory.files_are_void;
    }
    store_->journal().wait_durable(lsn);
    if (look_in_files) newest = store_->results().newest(id.str(), uuid.str());
    if (!newest || newest->status.empty()) return std::nullopt;
    StoredResult result{.status = ReportStatus{newest->status},
                        .raw = *newest->raw,
                        .not_now_tally = static_cast<int>(newest->not_now_tally),
                        .first_not_now_at = std::nullopt};
    if (newest->first_not_now != 0) result.first_not_now_at = file::time_point(newest->first_not_now);
    return result;
}

} // namespace nanomdm::storage
