// A queue and a pusher whose answers a test sets.
#pragma once

#include "nanomdm/error.hpp"
#include "nanomdm/push/pusher.hpp"
#include "nanomdm/storage/queue_store.hpp"

#include <map>
#include <string>
#include <vector>

namespace nanomdm::http {

class FakeQueue final : public QueueStore {
public:
    std::map<std::string, EnqueueOutcome> outcomes; ///< others: queued
    bool conflict = false;
    std::vector<Command> enqueued;

    std::vector<EnqueueOutcome> enqueue(const Command& command, std::span<const EnrollmentId> ids) override {
        if (conflict) throw Error{Errc::conflict, "CommandUUID exists with other bytes"};
        enqueued.push_back(command);
        std::vector<EnqueueOutcome> result;
        for (const auto& id : ids) {
            const auto found = outcomes.find(id.str());
            result.push_back(found == outcomes.end() ? EnqueueOutcome::queued : found->second);
        }
        return result;
    }
    bool store_report(const CommandReport&) override { return false; }
    std::optional<Command> next_command(const EnrollmentId&, NotNow) override { return std::nullopt; }
    std::optional<StoredResult> result(const EnrollmentId&, const CommandUuid&) override {
        return std::nullopt;
    }
};

class FakePusher final : public Pusher {
public:
    std::map<std::string, std::string> errors; ///< others: pushed
    bool down = false;
    std::vector<std::string> pushed;

    std::vector<PushResult> push(std::span<const EnrollmentId> ids) override {
        if (down) throw Error{Errc::upstream_failed, "APNs is out of reach"};
        std::vector<PushResult> results;
        for (const auto& id : ids) {
            pushed.push_back(id.str());
            const auto found = errors.find(id.str());
            if (found == errors.end())
                results.push_back({.apns_id = "apns-" + id.str(), .error = {}});
            else
                results.push_back({.apns_id = {}, .error = found->second});
        }
        return results;
    }
};

} // namespace nanomdm::http
