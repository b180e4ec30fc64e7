// Push data and push certificates.
#include "storage/file/file_storage.hpp"
#include "storage/file/store.hpp"

#include <algorithm>

namespace nanomdm::storage {

using file::Lsn;

namespace {

constexpr std::size_t chunk = 256; ///< enrollments looked at under one hold of the lock

} // namespace

std::vector<std::optional<PushTarget>> FileStorage::push_targets(std::span<const EnrollmentId> ids) {
    std::vector<std::optional<PushTarget>> targets;
    targets.reserve(ids.size());
    Lsn newest = 0;
    while (targets.size() < ids.size()) {
        const std::lock_guard lock{store_->ledger().mutex};
        for (const auto& id : ids.subspan(targets.size(), std::min(chunk, ids.size() - targets.size()))) {
            auto& target = targets.emplace_back();
            const auto* entry = store_->ledger().index.find(id.str());
            if (entry == nullptr || !entry->is_enabled || !entry->is_completed) continue;
            newest = std::max(newest, entry->lsn);
            target =
                PushTarget{{Topic{*entry->topic}, PushMagic{entry->push_magic}, PushToken{entry->push_token}},
                           file::time_point(entry->token_updated),
                           entry->is_pushable};
        }
    }
    store_->journal().wait_durable(newest);
    return targets;
}

void FileStorage::mark_not_pushable(std::span<const DeadToken> tokens) {
    Lsn newest = 0;
    for (std::size_t done = 0; done < tokens.size(); done += chunk) {
        store_->journal().admit();
        const std::lock_guard lock{store_->ledger().mutex};
        for (const auto& [id, token] : tokens.subspan(done, std::min(chunk, tokens.size() - done))) {
            const auto* entry = store_->ledger().index.find(id.str());
            if (entry == nullptr || !entry->is_completed || entry->push_token != token.bytes()) continue;
            const Lsn lsn = entry->is_pushable
                                ? store_->record(file::NotPushableRecord{.at = file::now(), .id = id.str()})
                                : entry->lsn;
            newest = std::max(newest, lsn);
        }
    }
    store_->journal().wait_durable(newest);
}

void FileStorage::store_push_certificate(const PushCertificate& certificate) {
    const file::Record record = file::PushCertificateRecord{.at = file::now(),
                                                            .topic = certificate.topic.str(),
                                                            .certificate_pem = certificate.certificate_pem,
                                                            .private_key_pem = certificate.private_key_pem};
    store_->journal().admit();
    Lsn lsn = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        lsn = store_->record(record);
    }
    store_->journal().wait_durable(lsn);
}

std::optional<PushCertificate> FileStorage::push_certificate(const Topic& topic) {
    file::StoredPushCertificate stored;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const auto& all = store_->ledger().index.push_certificates();
        const auto found = all.find(topic.str());
        if (found == all.end()) return std::nullopt;
        stored = found->second;
    }
    store_->journal().wait_durable(stored.lsn);
    return PushCertificate{topic, std::move(stored.certificate_pem), std::move(stored.private_key_pem)};
}

std::optional<std::uint64_t> FileStorage::push_certificate_version(const Topic& topic) {
    Lsn version = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        const auto& all = store_->ledger().index.push_certificates();
        const auto found = all.find(topic.str());
        if (found == all.end()) return std::nullopt;
        version = found->second.lsn;
    }
    store_->journal().wait_durable(version);
    return version;
}

std::vector<Topic> FileStorage::push_topics() {
    std::vector<Topic> topics;
    Lsn newest = 0;
    {
        const std::lock_guard lock{store_->ledger().mutex};
        for (const auto& [topic, stored] : store_->ledger().index.push_certificates()) {
            topics.emplace_back(topic);
            newest = std::max(newest, stored.lsn);
        }
    }
    store_->journal().wait_durable(newest);
    return topics;
}

} // namespace nanomdm::storage
