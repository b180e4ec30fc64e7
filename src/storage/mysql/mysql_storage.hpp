// The storage that scales out: MySQL or MariaDB, in tables that NanoMDM also knows.
#pragma once

#include "nanomdm/storage/storage.hpp"
#include "storage/mysql/association_cache.hpp"
#include "storage/mysql/database.hpp"
#include "storage/mysql/heartbeat.hpp"
#include "storage/mysql/last_seen.hpp"
#include "storage/mysql/options.hpp"
#include "storage/mysql/queue_upkeep.hpp"

namespace nanomdm::storage {

/// Any number of these, in any number of processes, on one database: nothing here that another would need.
/// The schema must be there and current: see mysql/schema.hpp.
class MySqlStorage final : public AllStorage {
public:
    /// Connects once. @throws Error{Errc::unavailable} when the database cannot be reached.
    explicit MySqlStorage(const MySqlOptions& options);
    ~MySqlStorage() override; ///< writes the last seen times that wait

    void store_authenticate(const Authenticate& message, const std::string& identity_pem) override;
    int store_token_update(const TokenUpdate& message) override;
    void store_check_out(const CheckOut& message) override;
    void store_user_authenticate(const UserAuthenticate& message) override;
    void touch_last_seen(const Enrollment& enrollment) override;

    void store_bootstrap_token(const SetBootstrapToken& message) override;
    std::optional<std::string> bootstrap_token(const EnrollmentId& device) override;

    bool is_associated(const EnrollmentId& device, const std::string& hash) override;
    ClaimOutcome claim_certificate(const EnrollmentId& device, const std::string& hash,
                                   ClaimRule rule) override;
    std::optional<EnrollmentId> device_of_certificate(const std::string& hash) override;
    std::optional<std::string> identity_pem(const EnrollmentId& device) override;
    ClaimOutcome renew_certificate(const EnrollmentId& device,
                                   const IdentityCertificate& certificate) override;

    std::vector<EnqueueOutcome> enqueue(const Command& command, std::span<const EnrollmentId> ids) override;
    bool store_report(const CommandReport& report) override;
    std::optional<Command> next_command(const EnrollmentId& id, NotNow not_now) override;
    std::optional<StoredResult> result(const EnrollmentId& id, const CommandUuid& uuid) override;

    std::vector<std::optional<PushTarget>> push_targets(std::span<const EnrollmentId> ids) override;
    void mark_not_pushable(std::span<const DeadToken> tokens) override;

    void store_push_certificate(const PushCertificate& certificate) override;
    std::optional<PushCertificate> push_certificate(const Topic& topic) override;
    std::optional<std::uint64_t> push_certificate_version(const Topic& topic) override;
    std::vector<Topic> push_topics() override;

    std::optional<EnrollmentState> enrollment(const EnrollmentId& id) override;
    EnrollmentMessages messages(const EnrollmentId& id) override;

    std::vector<EnrollmentState> devices_after(const std::optional<EnrollmentId>& after,
                                               std::size_t limit) override;
    std::vector<EnrollmentState> user_channels(const EnrollmentId& device) override;

    void record_event(const Event& event) override;
    std::vector<OutboxLane> lease_events(const LeaseRequest& request) override;
    void finish_lanes(std::span<const LaneVisit> visits) override;
    std::vector<DeadLetter> dead_letters(std::uint64_t after, std::size_t limit) override;
    std::size_t replay_dead_letters(std::span<const std::uint64_t> numbers) override;
    std::size_t shed_events(std::uint64_t most) override;
    OutboxState outbox_state() override;

    std::vector<ImportOutcome> import_enrollments(std::span<const ImportedEnrollment> enrollments,
                                                  ImportMode mode) override;

    void ping() override;

    /// What one message may have at most, bytes: the server's max_allowed_packet less 64 KiB.
    [[nodiscard]] std::size_t largest_message() const noexcept { return largest_message_; }
    [[nodiscard]] mysql::PoolUse pool_use() { return database_.pool().use(); }

private:
    void note_claim(const EnrollmentId& device, const std::string& hash, ClaimOutcome outcome,
                    mysql::AssociationCache::Clock::time_point asked);

    mysql::Database database_;
    mysql::Heartbeat heartbeat_;
    const bool delete_finished_;
    const std::size_t largest_message_;
    mysql::AssociationCache associations_;
    mysql::QueueUpkeep upkeep_;       ///< background: retention, rows that NanoMDM left
    mysql::LastSeenWriter last_seen_; ///< background
};

} // namespace nanomdm::storage
