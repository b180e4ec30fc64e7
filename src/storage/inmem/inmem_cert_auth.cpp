// Which identity certificate belongs to which device.
#include "storage/inmem/inmem_storage.hpp"

#include <mutex>

namespace nanomdm::storage {

bool InMemStorage::is_associated(const EnrollmentId& device, const std::string& hash) {
    const std::shared_lock lock{mutex_};
    const auto owner = owners_.find(hash);
    return owner != owners_.end() && owner->second == device;
}

ClaimOutcome InMemStorage::associate(const EnrollmentId& device, const std::string& hash) {
    const auto [owner, is_new] = owners_.try_emplace(hash, device);
    if (is_new) {
        owning_devices_.insert(device);
        return ClaimOutcome::newly_associated;
    }
    return owner->second == device ? ClaimOutcome::already_associated
                                   : ClaimOutcome::certificate_of_another_device;
}

ClaimOutcome InMemStorage::claim_certificate(const EnrollmentId& device, const std::string& hash,
                                             ClaimRule rule) {
    const std::unique_lock lock{mutex_};
    const auto owner = owners_.find(hash);
    if (rule == ClaimRule::allowed_first && (owner == owners_.end() || owner->second != device)) {
        const auto* record = find(device);
        if (record == nullptr || !record->may_claim_first) return ClaimOutcome::not_allowed;
    }
    if (rule != ClaimRule::unknown_certificate && owner == owners_.end() &&
        owning_devices_.contains(device)) {
        return ClaimOutcome::device_has_another_certificate;
    }
    return associate(device, hash);
}

std::optional<EnrollmentId> InMemStorage::device_of_certificate(const std::string& hash) {
    const std::shared_lock lock{mutex_};
    const auto owner = owners_.find(hash);
    return owner == owners_.end() ? std::nullopt : std::optional{owner->second};
}

std::optional<std::string> InMemStorage::identity_pem(const EnrollmentId& device) {
    const std::shared_lock lock{mutex_};
    const auto* record = find(device);
    return record == nullptr ? std::nullopt : record->identity_pem;
}

ClaimOutcome InMemStorage::renew_certificate(const EnrollmentId& device,
                                             const IdentityCertificate& certificate) {
    const std::unique_lock lock{mutex_};
    auto& record = authenticated_device(device);
    const ClaimOutcome outcome = associate(device, certificate.hash);
    if (outcome == ClaimOutcome::certificate_of_another_device) return outcome;
    record.identity_pem = certificate.pem;
    record.note_sent(importing::Part::identity);
    return outcome;
}

} // namespace nanomdm::storage
