// A storage that is made of others: who is asked, its derived classes say.
#pragma once

#include "nanomdm/storage/storage.hpp"

namespace nanomdm::contract {

class RoutedStorage : public AllStorage {
public:
    void store_authenticate(const Authenticate& message, const std::string& identity_pem) override {
        for_writing().store_authenticate(message, identity_pem);
    }
    int store_token_update(const TokenUpdate& message) override {
        return for_writing().store_token_update(message);
    }
    void store_check_out(const CheckOut& message) override { for_writing().store_check_out(message); }
    void store_user_authenticate(const UserAuthenticate& message) override {
        for_writing().store_user_authenticate(message);
    }
    void touch_last_seen(const Enrollment& enrollment) override { for_writing().touch_last_seen(enrollment); }

    void store_bootstrap_token(const SetBootstrapToken& message) override {
        for_writing().store_bootstrap_token(message);
    }
    std::optional<std::string> bootstrap_token(const EnrollmentId& device) override {
        return for_reading().bootstrap_token(device);
    }

    bool is_associated(const EnrollmentId& device, const std::string& hash) override {
        return for_reading().is_associated(device, hash);
    }
    ClaimOutcome claim_certificate(const EnrollmentId& device, const std::string& hash,
                                   ClaimRule rule) override {
        return for_writing().claim_certificate(device, hash, rule);
    }
    std::optional<EnrollmentId> device_of_certificate(const std::string& hash) override {
        return for_reading().device_of_certificate(hash);
    }
    std::optional<std::string> identity_pem(const EnrollmentId& device) override {
        return for_reading().identity_pem(device);
    }
    ClaimOutcome renew_certificate(const EnrollmentId& device,
                                   const IdentityCertificate& certificate) override {
        return for_writing().renew_certificate(device, certificate);
    }

    std::vector<EnqueueOutcome> enqueue(const Command& command, std::span<const EnrollmentId> ids) override {
        return for_writing().enqueue(command, ids);
    }
    bool store_report(const CommandReport& report) override { return for_writing().store_report(report); }
    std::optional<Command> next_command(const EnrollmentId& id, NotNow not_now) override {
        return for_reading().next_command(id, not_now);
    }
    std::optional<StoredResult> result(const EnrollmentId& id, const CommandUuid& uuid) override {
        return for_reading().result(id, uuid);
    }

    std::vector<std::optional<PushTarget>> push_targets(std::span<const EnrollmentId> ids) override {
        return for_reading().push_targets(ids);
    }
    void mark_not_pushable(std::span<const DeadToken> tokens) override {
        for_writing().mark_not_pushable(tokens);
    }

    void store_push_certificate(const PushCertificate& certificate) override {
        for_writing().store_push_certificate(certificate);
    }
    std::optional<PushCertificate> push_certificate(const Topic& topic) override {
        return for_reading().push_certificate(topic);
    }
    std::optional<std::uint64_t> push_certificate_version(const Topic& topic) override {
        return for_reading().push_certificate_version(topic);
    }
    std::vector<Topic> push_topics() override { return for_reading().push_topics(); }

    std::optional<EnrollmentState> enrollment(const EnrollmentId& id) override {
        return for_reading().enrollment(id);
    }
    EnrollmentMessages messages(const EnrollmentId& id) override { return for_reading().messages(id); }

    std::vector<EnrollmentState> devices_after(const std::optional<EnrollmentId>& after,
                                               std::size_t limit) override {
        return for_reading().devices_after(after, limit);
    }
    std::vector<EnrollmentState> user_channels(const EnrollmentId& device) override {
        return for_reading().user_channels(device);
    }

    void record_event(const Event& event) override { for_outbox().record_event(event); }
    std::vector<OutboxLane> lease_events(const LeaseRequest& request) override {
        return for_outbox().lease_events(request);
    }
    void finish_lanes(std::span<const LaneVisit> visits) override { for_outbox().finish_lanes(visits); }
    std::vector<DeadLetter> dead_letters(std::uint64_t after, std::size_t limit) override {
        return for_outbox().dead_letters(after, limit);
    }
    std::size_t replay_dead_letters(std::span<const std::uint64_t> numbers) override {
        return for_outbox().replay_dead_letters(numbers);
    }
    std::size_t shed_events(std::uint64_t most) override { return for_outbox().shed_events(most); }
    OutboxState outbox_state() override { return for_outbox().outbox_state(); }

    std::vector<ImportOutcome> import_enrollments(std::span<const ImportedEnrollment> enrollments,
                                                  ImportMode mode) override {
        return for_writing().import_enrollments(enrollments, mode);
    }

    void ping() override { for_reading().ping(); }

private:
    virtual AllStorage& for_writing() = 0;
    virtual AllStorage& for_reading() = 0;
    virtual AllStorage& for_outbox() = 0;
};

} // namespace nanomdm::contract
