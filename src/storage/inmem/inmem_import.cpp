// Taking over enrollments as another server left them.
#include "storage/inmem/inmem_storage.hpp"

#include <mutex>
#include <utility>

namespace nanomdm::storage {
namespace {

using importing::Known;
using importing::Part;
using importing::Parts;
using inmem::Record;

/// The place of a part in the record of its channel.
std::optional<std::string>& part_of(Record& record, Part part) {
    switch (part) {
    case Part::authenticate:
        return record.messages.authenticate;
    case Part::token_update:
        return record.messages.token_update;
    case Part::unlock_token:
        return record.messages.unlock_token;
    case Part::identity:
        return record.identity_pem;
    case Part::bootstrap_token:
        return record.bootstrap_token;
    case Part::user_authenticate:
        return record.messages.user_authenticate;
    case Part::user_authenticate_digest:
        break;
    }
    return record.messages.user_authenticate_digest;
}

Known known(Record* record, const ImportedEnrollment& imported) {
    Known known{imported};
    if (record == nullptr) return known;
    known.trace = record->import;
    if (known.trace) known.state = record->state();
    known.token_updated_at = record->token_updated_at;
    known.may_claim_first = record->may_claim_first;
    Parts::each([&](Part part) {
        const auto& here = part_of(*record, part);
        // A user that has only announced itself here has no trace of an import: what is there, it has sent.
        if (here && (!known.trace || here == importing::part_of(imported, part))) known.same.add(part);
    });
    return known;
}

} // namespace

std::vector<ImportOutcome> InMemStorage::import_enrollments(std::span<const ImportedEnrollment> enrollments,
                                                            ImportMode mode) {
    std::vector<ImportOutcome> outcomes;
    outcomes.reserve(enrollments.size());
    importing::Foreseen foreseen;
    for (const ImportedEnrollment& imported : enrollments) {
        const std::unique_lock lock{mutex_};
        outcomes.push_back(import_one(imported, mode, foreseen));
    }
    return outcomes;
}

ImportOutcome InMemStorage::import_one(const ImportedEnrollment& imported, ImportMode mode,
                                       importing::Foreseen& foreseen) {
    if (auto objection = importing::objection(imported); !objection.empty())
        return importing::refused(std::move(objection));
    const Enrollment& enrollment = imported.state.enrollment;
    const Record* device = find(enrollment.device());
    const bool has_device = device != nullptr && device->authenticated;
    if (enrollment.is_user_channel() && mode == ImportMode::apply && !has_device)
        return importing::refused(importing::device_is_missing);
    Record* record = find(enrollment.id);
    ImportOutcome outcome;
    if (record != nullptr && record->has_enrolled_here()) {
        outcome.enrollment = ImportOutcome::Enrollment::enrolled_here;
        return outcome;
    }
    const importing::Merged merged = importing::merge(imported, known(record, imported));

    std::set<std::string> hashes;
    for (const std::string& hash : imported.certificate_hashes) {
        const auto owner = owners_.find(hash);
        if (owner == owners_.end() && !foreseen.is_of_another(hash, enrollment.id)) {
            hashes.insert(hash);
            foreseen.add(hash, enrollment.id);
        } else if (owner == owners_.end() || owner->second != enrollment.id) {
            outcome.hashes_of_others.push_back(hash);
        }
    }
    std::vector<const ImportedCommand*> commands;
    std::set<CommandUuid> uuids;
    for (const ImportedCommand& one : imported.commands) {
        if (!merged.state.push) break; // nothing can be delivered to it
        const auto stored = commands_.find(one.command.uuid);
        const Command* same =
            stored != commands_.end() ? stored->second.get() : foreseen.command(one.command.uuid);
        if (same != nullptr && same->raw != one.command.raw) {
            outcome.conflicting_commands.push_back(one.command.uuid);
        } else if ((record == nullptr || !record->queue.items.contains(one.command.uuid)) &&
                   uuids.insert(one.command.uuid).second) {
            commands.push_back(&one);
            foreseen.add(one.command);
        }
    }
    const bool is_new = record == nullptr || !record->import;
    const bool is_changed = merged.differs || !hashes.empty() || !commands.empty();
    outcome.commands = commands.size();
    outcome.associations = hashes.size();
    outcome.has_bootstrap_token = merged.changed.has(Part::bootstrap_token);
    outcome.enrollment = is_new       ? ImportOutcome::Enrollment::imported
                         : is_changed ? ImportOutcome::Enrollment::updated
                                      : ImportOutcome::Enrollment::unchanged;
    if (mode == ImportMode::look) return outcome;

    if (record == nullptr) record = &records_.try_emplace(enrollment.id, enrollment).first->second;
    if (enrollment.is_user_channel()) {
        authenticated_device(enrollment.device()).users.insert(enrollment.id);
    } else {
        devices_.insert(enrollment.id);
        record->authenticated = true;
    }
    const EnrollmentState& state = merged.state;
    if (!record->push || !state.push || record->push->token != state.push->token) record->pushable = true;
    record->enrollment = state.enrollment;
    record->completed = state.push.has_value();
    record->enabled = state.enabled;
    record->token_update_tally = state.token_update_tally;
    record->serial_number = state.serial_number;
    record->push = state.push;
    record->last_seen_at = state.last_seen_at;
    record->user_short_name = state.user_short_name;
    record->user_long_name = state.user_long_name;
    record->token_updated_at = merged.token_updated_at;
    record->may_claim_first = merged.may_claim_first;
    if (!record->import) {
        record->import.emplace();
        Parts::each([&](Part part) {
            if (part_of(*record, part)) record->note_sent(part);
        });
    }
    record->import->was_enabled = imported.state.enabled;
    record->import->is_unconfirmed = imported.is_unconfirmed;
    record->import->imported_at = std::chrono::system_clock::now();
    Parts::each([&](Part part) {
        if (merged.changed.has(part)) part_of(*record, part) = importing::part_of(imported, part);
    });
    for (const std::string& hash : hashes) associate(enrollment.id, hash);
    put_commands(record->queue, commands);
    return outcome;
}

void InMemStorage::put_commands(inmem::Queue& queue, std::span<const ImportedCommand* const> commands) {
    for (const ImportedCommand* one : commands) {
        auto& stored = commands_[one->command.uuid];
        if (!stored) stored = std::make_shared<const Command>(one->command);
        inmem::QueueItem& item = queue.add(stored);
        item.result = one->result;
        if (importing::is_pending(*one)) continue;
        queue.leave_pending(item, one->is_cleared ? inmem::QueueItem::State::cleared
                                                  : inmem::QueueItem::State::finished);
    }
}

} // namespace nanomdm::storage
