// The file backend: a journal in front of plain files. docs/file-storage.md describes what it keeps where.
#pragma once

#include "nanomdm/storage/storage.hpp"
#include "storage/file/options.hpp"

#include <cstdint>
#include <memory>

namespace nanomdm::storage {

namespace file {
class Store;
} // namespace file

/// One process at a time, any number of threads. Every operation is durable when it returns: it was
/// journalled and flushed, together with whatever else was waiting. Reads show durable state alone.
class FileStorage final : public AllStorage {
public:
    /// Opens the directory, making an empty store where there is none, and recovers after a crash.
    /// @throws Error{Errc::unavailable} another process has it open; Errc::invalid: the directory is
    /// something else, or of a newer version; Errc::corrupt: stored bytes fail their checks.
    explicit FileStorage(FileOptions options);
    /// Brings the plain files up to date.
    ~FileStorage() override;

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

    /// Brings the plain files up to date now; the background does it every few seconds by itself.
    void checkpoint();
    /// Writes down the webhook's events alone, as the background does when they are many.
    void write_events();
    /// Bytes of journal that the plain files do not have yet.
    [[nodiscard]] std::uint64_t journal_backlog() const noexcept;

private:
    /// What takes a device that is enrolled and no other look.
    template <class Sent, class Effect> void store_for_authenticated(const Sent& message, Effect effect);

    std::unique_ptr<file::Store> store_;
};

} // namespace nanomdm::storage
