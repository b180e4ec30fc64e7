// Measures every operation of a storage.
#pragma once

#include "metrics/counter.hpp"
#include "metrics/latency.hpp"
#include "nanomdm/storage/storage.hpp"

#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace nanomdm::storage {

/// Of one operation. Any thread.
struct OperationStatistics {
    metrics::Latency latency;  ///< of all calls
    metrics::Counter failures; ///< calls that threw
};

/// Around the backend, the same for each of them. ping() is no operation of anybody's and is not measured.
class MeteredStorage final : public AllStorage {
public:
    static constexpr std::array operations = std::to_array<std::string_view>({"store_authenticate",
                                                                              "store_token_update",
                                                                              "store_check_out",
                                                                              "store_user_authenticate",
                                                                              "touch_last_seen",
                                                                              "store_bootstrap_token",
                                                                              "bootstrap_token",
                                                                              "is_associated",
                                                                              "claim_certificate",
                                                                              "device_of_certificate",
                                                                              "identity_pem",
                                                                              "renew_certificate",
                                                                              "enqueue",
                                                                              "store_report",
                                                                              "next_command",
                                                                              "result",
                                                                              "push_targets",
                                                                              "mark_not_pushable",
                                                                              "store_push_certificate",
                                                                              "push_certificate",
                                                                              "push_certificate_version",
                                                                              "push_topics",
                                                                              "enrollment",
                                                                              "messages",
                                                                              "devices_after",
                                                                              "user_channels",
                                                                              "record_event",
                                                                              "lease_events",
                                                                              "finish_lanes",
                                                                              "dead_letters",
                                                                              "replay_dead_letters",
                                                                              "shed_events",
                                                                              "outbox_state",
                                                                              "import_enrollments"});
    using Statistics = std::array<OperationStatistics, operations.size()>; ///< in the order of `operations`

    explicit MeteredStorage(std::unique_ptr<AllStorage> storage) noexcept : storage_{std::move(storage)} {}

    [[nodiscard]] const Statistics& statistics() const noexcept { return statistics_; }

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

    void ping() override { storage_->ping(); }

private:
    template <std::size_t operation, class Call> auto measured(Call call);

    const std::unique_ptr<AllStorage> storage_;
    Statistics statistics_;
};

} // namespace nanomdm::storage
