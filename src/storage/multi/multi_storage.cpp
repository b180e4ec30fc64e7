// The writes: done by the first storage, then handed on as what the others have to do.
#include "storage/multi/multi_storage.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace nanomdm::storage {

using multi::lane_of;
using multi::Write;

namespace {

/// A message to keep, without the event, which is the first storage's.
template <class AnyMessage> std::shared_ptr<const AnyMessage> kept(const AnyMessage& message) {
    auto copy = std::make_shared<AnyMessage>(message);
    copy->event.reset();
    return copy;
}

/// What one operation does with a message, to be done by others.
template <class Role, class Result, class AnyMessage>
Write write_of(const char* name, const AnyMessage& message, Result (Role::*operation)(const AnyMessage&)) {
    return {.name = name,
            .lane = lane_of(message.enrollment.id),
            .bytes = 2 * message.raw.size(), // the members are copies of parts of it
            .apply = [message = kept(message), operation](AllStorage& storage) {
                if constexpr (std::is_same_v<Result, bool>) return (storage.*operation)(*message);
                (storage.*operation)(*message);
                return true;
            }};
}

/// Shared out to the lanes, so that each part keeps its place among what else its enrollments get.
template <class Element> using Parts = std::array<std::vector<Element>, multi::lanes>;

bool has_certificate(ClaimOutcome outcome) {
    return outcome == ClaimOutcome::newly_associated || outcome == ClaimOutcome::already_associated;
}

bool is_queued(EnqueueOutcome outcome) {
    return outcome == EnqueueOutcome::queued || outcome == EnqueueOutcome::already_queued;
}

} // namespace

std::size_t multi::lane_of(const EnrollmentId& id) {
    // A device's own ID has no colon; its users' IDs begin with it.
    const std::string_view text = id.str();
    return std::hash<std::string_view>{}(text.substr(0, text.find(':'))) % lanes;
}

MultiStorage::MultiStorage(std::unique_ptr<AllStorage> first,
                           std::vector<std::unique_ptr<multi::Follower>> followers)
    : first_{std::move(first)}, followers_{std::move(followers)} {}

MultiStorage::~MultiStorage() = default;

void MultiStorage::stop(std::chrono::steady_clock::time_point deadline) {
    for (const auto& follower : followers_) follower->stop(deadline);
}

void MultiStorage::hand_on(const Write& write) noexcept {
    for (const auto& follower : followers_) follower->write(write);
}

void MultiStorage::store_authenticate(const Authenticate& message, const std::string& identity_pem) {
    first_->store_authenticate(message, identity_pem);
    hand_on({.name = "store_authenticate",
             .lane = lane_of(message.enrollment.id),
             .bytes = message.raw.size() + identity_pem.size(),
             .apply = [message = kept(message), identity_pem](AllStorage& storage) {
                 storage.store_authenticate(*message, identity_pem);
                 return true;
             }});
}

int MultiStorage::store_token_update(const TokenUpdate& message) {
    const int tally = first_->store_token_update(message);
    hand_on(write_of("store_token_update", message, &AllStorage::store_token_update));
    return tally;
}

void MultiStorage::store_check_out(const CheckOut& message) {
    first_->store_check_out(message);
    hand_on(write_of("store_check_out", message, &AllStorage::store_check_out));
}

void MultiStorage::store_user_authenticate(const UserAuthenticate& message) {
    first_->store_user_authenticate(message);
    hand_on(write_of("store_user_authenticate", message, &AllStorage::store_user_authenticate));
}

void MultiStorage::touch_last_seen(const Enrollment& enrollment) {
    first_->touch_last_seen(enrollment);
    hand_on({.name = "touch_last_seen",
             .lane = lane_of(enrollment.id),
             .bytes = enrollment.id.str().size(),
             .dispensable = true,
             .apply = [enrollment](AllStorage& storage) {
                 storage.touch_last_seen(enrollment);
                 return true;
             }});
}

void MultiStorage::store_bootstrap_token(const SetBootstrapToken& message) {
    first_->store_bootstrap_token(message);
    hand_on(write_of("store_bootstrap_token", message, &AllStorage::store_bootstrap_token));
}

ClaimOutcome MultiStorage::claim_certificate(const EnrollmentId& device, const std::string& hash,
                                             ClaimRule rule) {
    const auto outcome = first_->claim_certificate(device, hash, rule);
    // Whether an import has allowed it, the first storage has decided: another may have been added since.
    if (rule == ClaimRule::allowed_first) rule = ClaimRule::unknown_certificate;
    if (has_certificate(outcome))
        hand_on({.name = "claim_certificate",
                 .lane = lane_of(device),
                 .bytes = hash.size(),
                 .apply = [device, hash, rule](AllStorage& storage) {
                     return has_certificate(storage.claim_certificate(device, hash, rule));
                 }});
    return outcome;
}

ClaimOutcome MultiStorage::renew_certificate(const EnrollmentId& device,
                                             const IdentityCertificate& certificate) {
    const auto outcome = first_->renew_certificate(device, certificate);
    if (has_certificate(outcome))
        hand_on({.name = "renew_certificate",
                 .lane = lane_of(device),
                 .bytes = certificate.pem.size(),
                 .apply = [device, certificate](AllStorage& storage) {
                     return has_certificate(storage.renew_certificate(device, certificate));
                 }});
    return outcome;
}

std::vector<EnqueueOutcome> MultiStorage::enqueue(const Command& command, std::span<const EnrollmentId> ids) {
    auto outcomes = first_->enqueue(command, ids);
    Parts<EnrollmentId> parts;
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (is_queued(outcomes[i])) parts[lane_of(ids[i])].push_back(ids[i]);
    const auto shared = std::make_shared<const Command>(command);
    for (std::size_t lane = 0; lane < multi::lanes; ++lane) {
        if (parts[lane].empty()) continue;
        hand_on({.name = "enqueue",
                 .lane = lane,
                 .bytes = command.raw.size() + parts[lane].size() * sizeof(EnrollmentId),
                 .apply = [shared, part = std::move(parts[lane])](AllStorage& storage) {
                     return std::ranges::all_of(storage.enqueue(*shared, part), is_queued);
                 }});
    }
    return outcomes;
}

bool MultiStorage::store_report(const CommandReport& report) {
    const bool stored = first_->store_report(report);
    if (stored) hand_on(write_of("store_report", report, &AllStorage::store_report));
    return stored;
}

void MultiStorage::mark_not_pushable(std::span<const DeadToken> tokens) {
    first_->mark_not_pushable(tokens);
    Parts<DeadToken> parts;
    for (const auto& token : tokens) parts[lane_of(token.id)].push_back(token);
    for (std::size_t lane = 0; lane < multi::lanes; ++lane) {
        if (parts[lane].empty()) continue;
        hand_on({.name = "mark_not_pushable",
                 .lane = lane,
                 .bytes = parts[lane].size() * sizeof(DeadToken),
                 .apply = [part = std::move(parts[lane])](AllStorage& storage) {
                     storage.mark_not_pushable(part);
                     return true;
                 }});
    }
}

void MultiStorage::store_push_certificate(const PushCertificate& certificate) {
    first_->store_push_certificate(certificate);
    hand_on({.name = "store_push_certificate",
             .lane = 0,
             .bytes = certificate.certificate_pem.size() + certificate.private_key_pem.size(),
             .apply = [certificate](AllStorage& storage) {
                 storage.store_push_certificate(certificate);
                 return true;
             }});
}

} // namespace nanomdm::storage
