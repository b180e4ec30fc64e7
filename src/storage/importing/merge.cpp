#include "storage/importing/merge.hpp"

#include "nanomdm/error.hpp"

#include <algorithm>
#include <utility>

namespace nanomdm::storage::importing {
namespace {

void take(std::string& into, const std::string& from) {
    if (!from.empty()) into = from;
}

bool has_same_token(const std::optional<PushInfo>& one, const std::optional<PushInfo>& other) {
    return one && other && one->token == other->token;
}

bool is_hash(const std::string& text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char digit) {
               return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
           });
}

} // namespace

const std::optional<std::string>& part_of(const ImportedEnrollment& enrollment, Part part) {
    switch (part) {
    case Part::authenticate:
        return enrollment.messages.authenticate;
    case Part::token_update:
        return enrollment.messages.token_update;
    case Part::unlock_token:
        return enrollment.messages.unlock_token;
    case Part::identity:
        return enrollment.identity_pem;
    case Part::bootstrap_token:
        return enrollment.bootstrap_token;
    case Part::user_authenticate:
        return enrollment.messages.user_authenticate;
    case Part::user_authenticate_digest:
        break;
    }
    return enrollment.messages.user_authenticate_digest;
}

std::string objection(const ImportedEnrollment& enrollment) {
    const EnrollmentState& state = enrollment.state;
    const bool is_user = state.enrollment.is_user_channel();
    const auto& authenticate = enrollment.messages.authenticate;
    if (!is_user && (!authenticate || authenticate->empty())) return "the device's Authenticate is missing";
    if (is_user && !enrollment.certificate_hashes.empty()) return "a user has no certificates";
    if (!std::ranges::all_of(enrollment.certificate_hashes, is_hash))
        return "a certificate's hash is not 64 lowercase hexadecimal digits";
    if (state.token_update_tally < 0) return "the tally of TokenUpdates is negative";
    try {
        check_text(SerialNumberTag::rule, state.serial_number);
        check_text(UserNameTag::rule, state.user_short_name);
        check_text(UserNameTag::rule, state.user_long_name);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

ImportOutcome refused(std::string why) {
    ImportOutcome outcome;
    outcome.enrollment = ImportOutcome::Enrollment::refused;
    outcome.refusal = std::move(why);
    return outcome;
}

Merged merge(const ImportedEnrollment& imported, const Known& known) {
    const EnrollmentState& from = imported.state;
    Merged merged{.state = known.state,
                  .token_updated_at = known.token_updated_at,
                  .may_claim_first = known.may_claim_first || imported.may_claim_first,
                  .changed = {},
                  .differs = false};
    EnrollmentState& state = merged.state;
    // APNs may have disabled it: an import that says the same as the last one does not undo that.
    const bool is_as_before = known.trace && known.trace->was_enabled == from.enabled &&
                              (!from.push || has_same_token(known.state.push, from.push));
    state.enrollment = from.enrollment;
    if (from.push) state.push = from.push;
    if (!is_as_before) state.enabled = from.enabled;
    state.enabled = state.enabled && state.push;
    state.token_update_tally = std::max(known.state.token_update_tally, from.token_update_tally);
    state.last_seen_at = std::max(known.state.last_seen_at, from.last_seen_at);
    take(state.serial_number, from.serial_number);
    take(state.user_short_name, from.user_short_name);
    take(state.user_long_name, from.user_long_name);
    if (imported.token_updated_at)
        merged.token_updated_at = std::max(merged.token_updated_at, *imported.token_updated_at);

    Parts::each([&](Part part) {
        const auto& text = part_of(imported, part);
        const bool is_sent_here = known.trace && known.trace->sent_here.has(part);
        if (text && !text->empty() && !is_sent_here && !known.same.has(part)) merged.changed.add(part);
    });
    merged.differs = !known.trace || !merged.changed.empty() || state != known.state ||
                     merged.token_updated_at != known.token_updated_at ||
                     merged.may_claim_first != known.may_claim_first ||
                     known.trace->was_enabled != from.enabled ||
                     known.trace->is_unconfirmed != imported.is_unconfirmed;
    return merged;
}

bool is_pending(const ImportedCommand& command) {
    return !command.is_cleared && (!command.result || command.result->status.str() == "NotNow");
}

bool survives_forgetting(const ImportedCommand& command, const std::optional<Trace>& trace) {
    return is_pending(command) && (!trace || command.enqueued_at > trace->imported_at);
}

} // namespace nanomdm::storage::importing
