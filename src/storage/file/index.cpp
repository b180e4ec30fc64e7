// Looking things up in the index, and the steps by which it is filled.
#include "storage/file/index.hpp"

#include <algorithm>
#include <cstring>

namespace nanomdm::storage::file {

std::size_t Index::HashOfHash::operator()(const CertificateHash& hash) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

EnrollmentEntry* Index::find(std::string_view id) noexcept {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

EnrollmentEntry* Index::next_after(std::string_view id) noexcept {
    const auto next = ids_.upper_bound(id);
    return next == ids_.end() ? nullptr : find(*next);
}

EnrollmentEntry* Index::owner(const CertificateHash& hash) noexcept {
    const auto found = by_certificate_.find(hash);
    return found == by_certificate_.end() ? nullptr : found->second;
}

QueuedCommand* Index::queued_command(std::string_view uuid) noexcept {
    const auto found = commands_.find(uuid);
    return found == commands_.end() ? nullptr : found->second.get();
}

EnrollmentEntry& Index::find_or_add(std::string_view id) {
    if (EnrollmentEntry* known = find(id)) return *known;
    EnrollmentEntry& entry = *entries_.emplace_back(std::make_unique<EnrollmentEntry>(std::string{id}));
    by_id_.emplace(entry.id, &entry);
    ids_.insert(entry.id);
    return entry;
}

void Index::set_parent(EnrollmentEntry& user, std::string_view device) {
    if (device.empty() || user.device != nullptr) return;
    user.device = &find_or_add(device);
    user.device->users.push_back(&user);
}

const std::string* Index::shared_topic(const std::string& topic) { return &*topics_.insert(topic).first; }

QueuedCommand& Index::find_or_add_command(std::string_view uuid) {
    if (QueuedCommand* known = queued_command(uuid)) return *known;
    auto command = std::make_unique<QueuedCommand>();
    command->uuid = uuid;
    return *commands_.emplace(command->uuid, std::move(command)).first->second;
}

void Index::add_pending(EnrollmentEntry& entry, QueuedCommand& command, std::uint32_t not_now_tally,
                        Timestamp first_not_now) {
    entry.queue.push_back({&command, not_now_tally, first_not_now});
    ++command.pending;
}

void Index::remove_pending(EnrollmentEntry& entry, std::size_t place) {
    QueuedCommand* command = entry.queue[place].command;
    entry.queue.erase(entry.queue.begin() + static_cast<std::ptrdiff_t>(place));
    release(*command);
}

void Index::release(QueuedCommand& command) {
    if (--command.pending == 0) commands_.erase(commands_.find(command.uuid));
}

void Index::add_certificate(EnrollmentEntry& device, const CertificateHash& hash) {
    if (std::ranges::find(device.certificates, hash) == device.certificates.end())
        device.certificates.push_back(hash);
    by_certificate_.try_emplace(hash, &device);
}

void Index::put_push_certificate(const std::string& topic, StoredPushCertificate certificate) {
    push_certificates_[topic] = std::move(certificate);
}

CertificateHash certificate_hash(std::string_view bytes) {
    CertificateHash hash;
    if (bytes.size() != hash.size()) throw Error{Errc::corrupt, "certificate hash of the wrong length"};
    std::memcpy(hash.data(), bytes.data(), hash.size());
    return hash;
}

} // namespace nanomdm::storage::file
