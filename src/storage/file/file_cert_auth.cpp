// Which certificate belongs to which device.
#include "storage/file/file_storage.hpp"
#include "storage/file/names.hpp"
#include "storage/file/store.hpp"

namespace nanomdm::storage {

using file::CertificateHash;
using file::EnrollmentEntry;
using file::Lsn;

namespace {

CertificateHash parsed(const std::string& hex) {
    try {
        return file::certificate_hash(file::from_hex(hex));
    } catch (const Error&) {
        throw Error{Errc::invalid, "certificate hash is not 64 hexadecimal digits"};
    }
}

std::string raw_bytes(const CertificateHash& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

} // namespace

bool FileStorage::is_associated(const EnrollmentId& device, const std::string& hash) {
    const CertificateHash key = parsed(hash);
    Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const EnrollmentEntry* owner = store_->ledger().index.owner(key);
        if (owner == nullptr || owner->id != device.str()) return false;
        lsn = owner->lsn;
    }
    store_->journal().wait_durable(lsn);
    return true;
}

ClaimOutcome FileStorage::claim_certificate(const EnrollmentId& device, const std::string& hash,
                                            ClaimRule rule) {
    const CertificateHash key = parsed(hash);
    store_->journal().admit();
    Lsn lsn = 0;
    auto outcome = ClaimOutcome::newly_associated;
    {
        auto& ledger = store_->ledger();
        const std::lock_guard lock{ledger.mutex};
        const EnrollmentEntry* owner = ledger.index.owner(key);
        const EnrollmentEntry* claimant = ledger.index.find(device.str());
        if (owner != nullptr) {
            lsn = owner->lsn;
            outcome = owner == claimant ? ClaimOutcome::already_associated
                                        : ClaimOutcome::certificate_of_another_device;
        } else if (rule == ClaimRule::allowed_first) {
            outcome = ClaimOutcome::not_allowed;
        } else if (rule != ClaimRule::unknown_certificate && claimant != nullptr &&
                   !claimant->certificates.empty()) {
            lsn = claimant->lsn;
            outcome = ClaimOutcome::device_has_another_certificate;
        } else {
            lsn = store_->record(file::CertificateRecord{
                .at = file::now(), .device = device.str(), .hash = raw_bytes(key), .pem = nullptr});
        }
    }
    store_->journal().wait_durable(lsn);
    return outcome;
}

std::optional<EnrollmentId> FileStorage::device_of_certificate(const std::string& hash) {
    const CertificateHash key = parsed(hash);
    Lsn lsn = 0;
    std::optional<EnrollmentId> device;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const EnrollmentEntry* owner = store_->ledger().index.owner(key);
        if (owner == nullptr) return std::nullopt;
        lsn = owner->lsn;
        device.emplace(owner->id);
    }
    store_->journal().wait_durable(lsn);
    return device;
}

ClaimOutcome FileStorage::renew_certificate(const EnrollmentId& device,
                                            const IdentityCertificate& certificate) {
    const CertificateHash key = parsed(certificate.hash);
    store_->journal().admit();
    Lsn lsn = 0;
    auto outcome = ClaimOutcome::newly_associated;
    {
        auto& ledger = store_->ledger();
        const std::lock_guard lock{ledger.mutex};
        const EnrollmentEntry* entry = ledger.index.find(device.str());
        if (entry == nullptr || !entry->has_authenticated())
            throw Error{Errc::invalid, "no Authenticate from device " + device.str()};
        const EnrollmentEntry* owner = ledger.index.owner(key);
        if (owner != nullptr && owner != entry) {
            lsn = owner->lsn;
            outcome = ClaimOutcome::certificate_of_another_device;
        } else {
            if (owner == entry) outcome = ClaimOutcome::already_associated;
            lsn = store_->record(file::CertificateRecord{.at = file::now(),
                                                         .device = device.str(),
                                                         .hash = raw_bytes(key),
                                                         .pem = file::shared_bytes(certificate.pem)});
        }
    }
    store_->journal().wait_durable(lsn);
    return outcome;
}

} // namespace nanomdm::storage
