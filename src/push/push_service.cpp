// One look-up, one provider call per topic, all topics at the same time.
#include "push/push_service.hpp"

#include "log/log.hpp"
#include "push/apns_answer.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>

namespace nanomdm::push {
namespace {

using Clock = std::chrono::steady_clock;

/// What goes out under one topic; `infos[i]` belongs to `positions[i]` among the distinct IDs.
struct TopicGroup {
    std::vector<PushInfo> infos;
    std::vector<std::size_t> positions;
    std::vector<ProviderResponse> responses;
};

/// The distinct IDs in the order of their first mention, and for each mention its place among them.
struct DistinctIds {
    explicit DistinctIds(std::span<const EnrollmentId> all) {
        std::unordered_map<std::string_view, std::size_t> seen;
        seen.reserve(all.size());
        places.reserve(all.size());
        for (const auto& id : all) {
            const auto [entry, added] = seen.try_emplace(id.str(), ids.size());
            if (added) ids.push_back(id);
            places.push_back(entry->second);
        }
    }
    std::vector<EnrollmentId> ids;
    std::vector<std::size_t> places;
};

void send(PushProvider& provider, const Topic& topic, TopicGroup& group,
          Clock::time_point deadline) noexcept {
    try {
        group.responses = provider.push(topic, group.infos, deadline);
    } catch (const std::exception& error) {
        log::error("push failed", {{"topic", topic.str()}, {"error", error.what()}});
    }
    ProviderResponse missing;
    missing.error = "push failed";
    group.responses.resize(group.infos.size(), missing);
}

/// Topics are few, usually one, which needs no thread; many are a sign of devices gone wrong, so bounded.
void send_all(PushProvider& provider, std::map<Topic, TopicGroup>& groups, Clock::time_point deadline) {
    constexpr std::size_t most_threads = 8;
    std::mutex mutex;
    auto next = groups.begin();
    const auto trace = log::current_trace();
    const auto take_turns = [&] {
        const log::TraceScope scope{trace};
        for (;;) {
            std::unique_lock lock{mutex};
            if (next == groups.end()) return;
            auto& [topic, group] = *next++;
            lock.unlock();
            send(provider, topic, group, deadline);
        }
    };
    std::vector<std::jthread> others;
    try {
        for (std::size_t i = 1; i < std::min(groups.size(), most_threads); ++i)
            others.emplace_back(take_turns);
    } catch (const std::system_error& error) { // no more threads to be had: those there are take all turns
        log::warning("topics are pushed to with fewer threads", {{"error", error.what()}});
    }
    take_turns();
}

PushResult to_result(const ProviderResponse& response) {
    PushResult result;
    if (response.status == 200)
        result.apns_id = response.apns_id;
    else
        result.error = describe(response);
    return result;
}

/// Apple: 410 carries the time at which the token was found to be dead. A TokenUpdate after that brought a
/// token anew, so only a later time counts.
bool unregistered(const ProviderResponse& response, TimePoint token_updated_at) {
    return response.status == 410 && response.unregistered_at && *response.unregistered_at > token_updated_at;
}

} // namespace

std::vector<PushResult> PushService::push(std::span<const EnrollmentId> all) {
    const auto deadline = Clock::now() + options_.deadline;
    const DistinctIds distinct{all};
    auto targets = store_.push_targets(distinct.ids);

    std::vector<PushResult> outcomes(distinct.ids.size());
    std::map<Topic, TopicGroup> groups;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        auto& target = targets[i];
        if (!target) {
            statistics_.no_push_data.add();
            outcomes[i].error = "push data missing for id";
        } else if (!target->pushable) {
            statistics_.not_pushable.add();
            outcomes[i].error = "not pushable: APNs said the device token is unregistered; "
                                "the enrollment must send a TokenUpdate first";
        } else {
            auto& group = groups[target->info.topic];
            group.positions.push_back(i);
            group.infos.push_back(std::move(target->info));
        }
    }
    send_all(provider_, groups, deadline);

    std::vector<DeadToken> dead;
    for (auto& [topic, group] : groups) {
        for (std::size_t n = 0; n < group.infos.size(); ++n) {
            const auto i = group.positions[n];
            outcomes[i] = to_result(group.responses[n]);
            if (unregistered(group.responses[n], targets[i]->token_updated_at))
                dead.push_back({distinct.ids[i], group.infos[n].token});
        }
    }
    mark_not_pushable(dead);
    std::vector<PushResult> results;
    results.reserve(all.size());
    for (const auto place : distinct.places) results.push_back(outcomes[place]);
    return results;
}

/// The push itself is over and its outcome known: a storage that fails now only costs another 410 later.
void PushService::mark_not_pushable(std::span<const DeadToken> tokens) noexcept {
    if (tokens.empty()) return;
    try {
        store_.mark_not_pushable(tokens);
        for (const auto& each : tokens)
            log::info("enrollment is not pushable until its next TokenUpdate", {{"id", each.id.str()}});
    } catch (const std::exception& error) {
        log::warning("enrollments not marked as not pushable",
                     {{"count", std::to_string(tokens.size())}, {"error", error.what()}});
    }
}

} // namespace nanomdm::push
