// Importing: the first storage decides, the others get what it has taken.
#include "storage/multi/multi_storage.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <utility>

namespace nanomdm::storage {
namespace {

template <class Value> bool contains(const std::vector<Value>& all, const Value& one) {
    return std::ranges::find(all, one) != all.end();
}

/// Without what the first storage has refused.
ImportedEnrollment as_taken(ImportedEnrollment enrollment, const ImportOutcome& outcome) {
    std::erase_if(enrollment.certificate_hashes,
                  [&](const auto& hash) { return contains(outcome.hashes_of_others, hash); });
    std::erase_if(enrollment.commands, [&](const ImportedCommand& imported) {
        return contains(outcome.conflicting_commands, imported.command.uuid);
    });
    return enrollment;
}

std::size_t size_of(const std::optional<std::string>& text) { return text ? text->size() : 0; }

std::size_t size_of(const ImportedEnrollment& enrollment) {
    const EnrollmentMessages& messages = enrollment.messages;
    std::size_t size = sizeof enrollment + size_of(messages.authenticate) + size_of(messages.token_update) +
                       size_of(messages.unlock_token) + size_of(messages.user_authenticate) +
                       size_of(messages.user_authenticate_digest) + size_of(enrollment.identity_pem) +
                       size_of(enrollment.bootstrap_token);
    for (const auto& command : enrollment.commands)
        size +=
            sizeof command + command.command.raw.size() + (command.result ? command.result->raw.size() : 0);
    return size;
}

} // namespace

std::vector<ImportOutcome> MultiStorage::import_enrollments(std::span<const ImportedEnrollment> enrollments,
                                                            ImportMode mode) {
    auto outcomes = first_->import_enrollments(enrollments, mode);
    if (mode == ImportMode::look) return outcomes;
    std::array<std::vector<ImportedEnrollment>, multi::lanes> parts;
    for (std::size_t i = 0; i < enrollments.size(); ++i) {
        // What was unchanged goes on as well: importing again brings the others what they have missed.
        if (outcomes[i].enrollment == ImportOutcome::Enrollment::enrolled_here ||
            outcomes[i].enrollment == ImportOutcome::Enrollment::refused)
            continue;
        parts[multi::lane_of(enrollments[i].state.enrollment.id)].push_back(
            as_taken(enrollments[i], outcomes[i]));
    }
    for (std::size_t lane = 0; lane < multi::lanes; ++lane) {
        if (parts[lane].empty()) continue;
        const auto part = std::make_shared<const std::vector<ImportedEnrollment>>(std::move(parts[lane]));
        const auto add = [](std::size_t sum, const auto& one) { return sum + size_of(one); };
        hand_on({.name = "import_enrollments",
                 .lane = lane,
                 .bytes = std::accumulate(part->begin(), part->end(), std::size_t{0}, add),
                 .apply = [part](AllStorage& storage) {
                     storage.import_enrollments(*part, ImportMode::apply);
                     return true;
                 }});
    }
    return outcomes;
}

} // namespace nanomdm::storage
