// The state of the whole store in memory, changed by records alone: live and in recovery alike.
#pragma once

#include "storage/file/enrollment_entry.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nanomdm::storage::file {

/// Looks up strings by string_view.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};
template <class Value> using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

struct StoredPushCertificate {
    std::string certificate_pem;
    std::string private_key_pem;
    Lsn lsn = 0; ///< of its record: the version

    friend bool operator==(const StoredPushCertificate&, const StoredPushCertificate&) = default;
};

/// Not synchronised: its owner holds a lock.
class Index {
public:
    Index() = default;
    Index(Index&&) = default;
    Index& operator=(Index&&) = default;

    /// The one place where records change the state. Whatever has this record or a later one applied
    /// already is passed over, so that replaying over a newer plain file or snapshot does no harm.
    void apply(Lsn lsn, const Record& record);

    [[nodiscard]] EnrollmentEntry* find(std::string_view id) noexcept;
    /// The enrollment whose ID is the next greater one, compared as bytes; null: none.
    [[nodiscard]] EnrollmentEntry* next_after(std::string_view id) noexcept;
    /// The device a certificate is associated with; null: none.
    [[nodiscard]] EnrollmentEntry* owner(const CertificateHash& hash) noexcept;
    [[nodiscard]] QueuedCommand* queued_command(std::string_view uuid) noexcept;
    [[nodiscard]] const std::map<std::string, StoredPushCertificate>& push_certificates() const noexcept {
        return push_certificates_;
    }

    /// Every enrollment, in the order first heard of; entries never move or go away. Indexable, so that long
    /// walks can let go of the lock in between.
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] EnrollmentEntry& at(std::size_t number) noexcept { return *entries_[number]; }

    // For whoever rebuilds the index from a snapshot or from the plain files.
    EnrollmentEntry& find_or_add(std::string_view id);
    void set_parent(EnrollmentEntry& user, std::string_view device);
    [[nodiscard]] const std::string* shared_topic(const std::string& topic);
    /// A command of which queues will refer to; known by its UUID afterwards.
    QueuedCommand& find_or_add_command(std::string_view uuid);
    void add_pending(EnrollmentEntry& entry, QueuedCommand& command, std::uint32_t not_now_tally,
                     Timestamp first_not_now);
    void add_certificate(EnrollmentEntry& device, const CertificateHash& hash);
    void put_push_certificate(const std::string& topic, StoredPushCertificate certificate);

private:
    struct HashOfHash {
        std::size_t operator()(const CertificateHash& hash) const noexcept;
    };

    void apply_one(Lsn lsn, const AuthenticateRecord& record);
    void apply_one(Lsn lsn, const TokenUpdateRecord& record);
    void apply_one(Lsn lsn, const CheckOutRecord& record);
    void apply_one(Lsn lsn, const UserAuthenticateRecord& record);
    void apply_one(Lsn lsn, const BootstrapTokenRecord& record);
    void apply_one(Lsn lsn, const CertificateRecord& record);
    void apply_one(Lsn lsn, const EnqueueRecord& record);
    void apply_one(Lsn lsn, const ReportRecord& record);
    void apply_one(Lsn lsn, const NotPushableRecord& record);
    void apply_one(Lsn lsn, const PushCertificateRecord& record);
    void apply_one(Lsn lsn, const LastSeenRecord& record);
    void apply_one(Lsn lsn, const DropCommandsRecord& record);
    void apply_one(Lsn lsn, const CheckpointRecord& record);
    void apply_one(Lsn lsn, const EventRecord& record);
    void apply_one(Lsn lsn, const VisitRecord& record);
    void apply_one(Lsn lsn, const ReplayRecord& record);
    void apply_one(Lsn lsn, const ShedRecord& record);

    void start_anew(EnrollmentEntry& entry);
    void remove_pending(EnrollmentEntry& entry, std::size_t place);
    void release(QueuedCommand& command);

    std::vector<std::unique_ptr<EnrollmentEntry>> entries_;
    std::unordered_map<std::string_view, EnrollmentEntry*> by_id_; ///< keys lie in the entries
    std::set<std::string_view> ids_;                               ///< the same keys in order, for walks
    std::unordered_map<CertificateHash, EnrollmentEntry*, HashOfHash> by_certificate_;
    TextMap<std::unique_ptr<QueuedCommand>> commands_;
    std::set<std::string> topics_;
    std::map<std::string, StoredPushCertificate> push_certificates_;
};

/// @param bytes 32 raw bytes. @throws Error{Errc::corrupt}
[[nodiscard]] CertificateHash certificate_hash(std::string_view bytes);

} // namespace nanomdm::storage::file
