// The reference backend: everything in memory, nothing survives the process. For tests and demos.
#pragma once

#include "nanomdm/storage/storage.hpp"
#include "storage/importing/foreseen.hpp"
#include "storage/inmem/outbox.hpp"
#include "storage/inmem/record.hpp"

#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace nanomdm::storage {

/// Says by its code what each operation means; one lock makes each of them atomic.
class InMemStorage final : public AllStorage {
public:
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

    void ping() override {} ///< memory answers

private:
    struct VersionedCertificate {
        PushCertificate certificate;
        std::uint64_t version = 1;
    };

    // All of these expect the lock to be held.
    inmem::Record* find(const EnrollmentId& id);
    /// @throws Error{Errc::invalid} when the device never sent Authenticate.
    inmem::Record& authenticated_device(const EnrollmentId& device);
    /// The record of the channel, made if it is new. @throws as authenticated_device
    inmem::Record& channel(const Enrollment& enrollment);
    ClaimOutcome associate(const EnrollmentId& device, const std::string& hash);
    bool apply_report(const CommandReport& report);
    ImportOutcome import_one(const ImportedEnrollment& imported, ImportMode mode,
                             importing::Foreseen& foreseen);
    void put_commands(inmem::Queue& queue, std::span<const ImportedCommand* const> commands);

    std::shared_mutex mutex_;
    std::unordered_map<EnrollmentId, inmem::Record> records_;
    std::set<EnrollmentId> devices_; ///< the device channels among them
    std::unordered_map<CommandUuid, std::shared_ptr<const Command>> commands_;
    std::unordered_map<std::string, EnrollmentId> owners_; ///< by certificate hash
    std::set<EnrollmentId> owning_devices_;
    std::map<Topic, VersionedCertificate> push_certificates_;
    inmem::Outbox outbox_;
};

} // namespace nanomdm::storage
