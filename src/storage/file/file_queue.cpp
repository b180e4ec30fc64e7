// Enqueueing, delivering and reporting.
#include "storage/file/file_storage.hpp"
#include "storage/file/store.hpp"

#include <algorithm>
#include <unordered_set>

namespace nanomdm::storage {

using file::Bytes;
using file::EnrollmentEntry;
using file::Ledger;
using file::Lsn;
using file::PendingCommand;
using file::QueuedCommand;

using file::StoredCommand;
using file::Unwritten;

namespace {

PendingCommand* find_pending(EnrollmentEntry& entry, const QueuedCommand* command) {
    if (command == nullptr) return nullptr;
    const auto found = std::ranges::find(entry.queue, command, &PendingCommand::command);
    return found == entry.queue.end() ? nullptr : &*found;
}

/// What is known of a command from its files and from memory together.
class KnownCommand {
public:
    KnownCommand(std::optional<StoredCommand> stored, const Ledger& ledger, const std::string& uuid)
        : stored_{std::move(stored)} {
        for (const Unwritten* part : {&ledger.writing, &ledger.current}) {
            const auto* changes = part->command(uuid);
            if (changes == nullptr) continue;
            if (changes->is_dropped) {
                stored_.reset();
                unwritten_.clear();
                body_ = nullptr;
            }
            if (changes->body) body_ = changes->body;
            for (const auto& recipients : changes->recipients)
                unwritten_.insert(recipients.ids.begin(), recipients.ids.end());
        }
    }

    [[nodiscard]] bool exists() const noexcept { return stored_ || body_; }
    /// Null when it lies in its file alone.
    [[nodiscard]] const Bytes& body() const noexcept { return body_; }
    [[nodiscard]] bool was_given_to(const std::string& id) const {
        return unwritten_.contains(id) || (stored_ && stored_->recipients.contains(id));
    }

private:
    std::optional<StoredCommand> stored_;
    std::unordered_set<std::string_view> unwritten_; ///< views into the ledger, valid under its lock
    Bytes body_;
};

} // namespace

std::vector<EnqueueOutcome> FileStorage::enqueue(const Command& command, std::span<const EnrollmentId> ids) {
    auto& ledger = store_->ledger();
    const std::string& uuid = command.uuid.str();
    const auto body = file::shared_bytes(command.raw);
    std::vector<EnqueueOutcome> outcomes;
    outcomes.reserve(ids.size());
    Lsn newest = 0;
    // One record for all IDs, however many: the call happens or does not. At 100,000 IDs, the lock is held
    // for some 50 ms.
    store_->journal().admit();
    for (;;) {
        std::uint64_t generation = 0;
        {
            const std::lock_guard lock{ledger.mutex};
            generation = ledger.generation;
        }
        auto stored = store_->commands().read(uuid);
        const auto stored_body = stored ? store_->commands().body(uuid) : std::nullopt;

        const std::lock_guard lock{ledger.mutex};
        if (generation != ledger.generation) continue; // the files have changed since
        const KnownCommand known{std::move(stored), ledger, uuid};
        if (known.exists() && (known.body() ? *known.body() : stored_body.value_or("")) != command.raw)
            throw Error{Errc::conflict, "command UUID exists with another command"};

        const QueuedCommand* queued = ledger.index.queued_command(uuid);
        file::EnqueueRecord record{.at = file::now(),
                                   .uuid = uuid,
                                   .request_type = command.request_type.str(),
                                   .body = known.exists() ? nullptr : body,
                                   .ids = {}};
        std::unordered_set<const EnrollmentEntry*> accepted;
        const auto decide = [&](const EnrollmentId& id) {
            EnrollmentEntry* entry = ledger.index.find(id.str());
            if (entry == nullptr || !entry->is_completed) return EnqueueOutcome::enrollment_not_found;
            if (!entry->is_enabled) return EnqueueOutcome::enrollment_disabled;
            newest = std::max(newest, entry->lsn);
            if (find_pending(*entry, queued) != nullptr) return EnqueueOutcome::already_queued;
            if (known.was_given_to(entry->id)) return EnqueueOutcome::uuid_already_used;
            if (!accepted.insert(entry).second) return EnqueueOutcome::already_queued;
            record.ids.push_back(entry->id);
            return EnqueueOutcome::queued;
        };
        for (const auto& id : ids) outcomes.push_back(decide(id));
        if (!record.ids.empty()) newest = std::max(newest, store_->record(record));
        break;
    }
    store_->journal().wait_durable(newest);
    return outcomes;
}

std::optional<Command> FileStorage::next_command(const EnrollmentId& id, NotNow not_now) {
    auto& ledger = store_->ledger();
    for (int attempt = 1;; ++attempt) {
        std::string uuid;
        std::string request_type;
        Lsn created = 0;
        Lsn lsn = 0;
        Bytes body;
        {
            const std::lock_guard lock{ledger.mutex};
            const EnrollmentEntry* entry = ledger.index.find(id.str());
            if (entry == nullptr) return std::nullopt;
            lsn = entry->lsn;
            const auto next = std::ranges::find_if(entry->queue, [not_now](const PendingCommand& pending) {
                return not_now == NotNow::candidates || pending.not_now_tally == 0;
            });
            if (next != entry->queue.end()) {
                uuid = next->command->uuid;
                request_type = next->command->request_type;
                created = next->command->created;
                for (const Unwritten* part : {&ledger.writing, &ledger.current}) {
                    const auto* changes = part->command(uuid);
                    if (changes != nullptr && changes->body) body = changes->body;
                }
            }
        }
        store_->journal().wait_durable(lsn);
        if (uuid.empty()) return std::nullopt;
        if (!body) body = store_->stored_command_body(uuid, created);
        if (body) return Command{CommandUuid{std::move(uuid)}, RequestType{std::move(request_type)}, *body};
        // Another connection of this device may have finished it meanwhile, and delete=1 removed it.
        if (attempt == 3)
            throw Error{Errc::corrupt, "the body of pending command " + uuid +
                                           " is missing or damaged: " + store_->commands().body_path(uuid)};
    }
}

} // namespace nanomdm::storage
