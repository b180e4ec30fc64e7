// The multi-storage adapter: one storage answers, others get every write behind it.
#pragma once

#include "nanomdm/storage/storage.hpp"
#include "storage/multi/follower.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <vector>

namespace nanomdm::storage {

/// Everything is asked of, and first done by, the first storage; its answers and errors are the answers and
/// errors. What it has done is then handed to each of the others, which nobody waits for. Writes of one
/// enrollment reach them in the order in which the first one finished them. The webhook's outbox lives in
/// the first alone.
class MultiStorage final : public AllStorage {
public:
    MultiStorage(std::unique_ptr<AllStorage> first, std::vector<std::unique_ptr<multi::Follower>> followers);
    ~MultiStorage() override;

    [[nodiscard]] std::span<const std::unique_ptr<multi::Follower>> followers() const noexcept {
        return followers_;
    }
    /// Lets the others catch up until the deadline; they get nothing any more afterwards.
    void stop(std::chrono::steady_clock::time_point deadline);

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

private:
    void hand_on(const multi::Write& write) noexcept;

    std::unique_ptr<AllStorage> first_;
    std::vector<std::unique_ptr<multi::Follower>> followers_;
};

} // namespace nanomdm::storage
