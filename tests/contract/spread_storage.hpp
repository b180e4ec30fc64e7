// Several processes on one database, as one storage: each call goes to the next of them.
#pragma once

#include "nanomdm/storage/storage.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace nanomdm::contract {

/// What one of them did, the others must see at once: neither may keep anything of its own.
class SpreadStorage final : public AllStorage {
public:
    explicit SpreadStorage(std::vector<std::unique_ptr<AllStorage>> storages)
        : storages_{std::move(storages)} {}

    void store_authenticate(const Authenticate& message, const std::string& identity_pem) override {
        next().store_authenticate(message, identity_pem);
    }
    int store_token_update(const TokenUpdate& message) override { return next().store_token_update(message); }
    void store_check_out(const CheckOut& message) override { next().store_check_out(message); }
    void store_user_authenticate(const UserAuthenticate& message) override {
        next().store_user_authenticate(message);
    }
    void touch_last_seen(const Enrollment& enrollment) override { next().touch_last_seen(enrollment); }

    void store_bootstrap_token(const SetBootstrapToken& message) override {
        next().store_bootstrap_token(message);
    }
    std::optional<std::string> bootstrap_token(const EnrollmentId& device) override {
        return next().bootstrap_token(device);
    }

    bool is_associated(const EnrollmentId& device, const std::string& hash) override {
        return next().is_associated(device, hash);
    }
    ClaimOutcome claim_certificate(const EnrollmentId& device, const std::string& hash,
                                   ClaimRule rule) override {
        return next().claim_certificate(device, hash, rule);
    }
    std::optional<EnrollmentId> device_of_certificate(const std::string& hash) override {
        return next().device_of_certificate(hash);
    }
    std::optional<std::string> identity_pem(const EnrollmentId& device) override {
        return next().identity_pem(device);
    }
    ClaimOutcome renew_certificate(const EnrollmentId& device,
                                   const IdentityCertificate& certificate) override {
        return next().renew_certificate(device, certificate);
    }

    std::vector<EnqueueOutcome> enqueue(const Command& command, std::span<const EnrollmentId> ids) override {
        return next().enqueue(command, ids);
    }
    bool store_report(const CommandReport& report) override { return next().store_report(report); }
    std::optional<Command> next_command(const EnrollmentId& id, NotNow not_now) override {
        return next().next_command(id, not_now);
    }
    std::optional<StoredResult> result(const EnrollmentId& id, const CommandUuid& uuid) override {
        return next().result(id, uuid);
    }

    std::vector<std::optional<PushTarget>> push_targets(std::span<const EnrollmentId> ids) override {
        return next().push_targets(ids);
    }
    void mark_not_pushable(std::span<const DeadToken> tokens) override { next().mark_not_pushable(tokens); }

    void store_push_certificate(const PushCertificate& certificate) override {
        next().store_push_certificate(certificate);
    }
    std::optional<PushCertificate> push_certificate(const Topic& topic) override {
        return next().push_certificate(topic);
    }
    std::optional<std::uint64_t> push_certificate_version(const Topic& topic) override {
        return next().push_certificate_version(topic);
    }
    std::vector<Topic> push_topics() override { return next().push_topics(); }

    std::optional<EnrollmentState> enrollment(const EnrollmentId& id) override {
        return next().enrollment(id);
    }
    EnrollmentMessages messages(const EnrollmentId& id) override { return next().messages(id); }

    void record_event(const Event& event) override { next().record_event(event); }
    std::vector<OutboxLane> lease_events(const LeaseRequest& request) override {
        return next().lease_events(request);
    }
    void finish_lanes(std::span<const LaneVisit> visits) override { next().finish_lanes(visits); }
    std::vector<DeadLetter> dead_letters(std::uint64_t after, std::size_t limit) override {
        return next().dead_letters(after, limit);
    }
    std::size_t replay_dead_letters(std::span<const std::uint64_t> numbers) override {
        return next().replay_dead_letters(numbers);
    }
    std::size_t shed_events(std::uint64_t most) override { return next().shed_events(most); }
    OutboxState outbox_state() override { return next().outbox_state(); }

private:
    AllStorage& next() { return *storages_[calls_++ % storages_.size()]; }

    std::vector<std::unique_ptr<AllStorage>> storages_;
    std::atomic<std::size_t> calls_{0};
};

} // namespace nanomdm::contract
