// The order of a delivery: sort out the IDs, enqueue, push to those that took the command.
#include "service/delivery.hpp"

#include "log/log.hpp"

#include <exception>

namespace nanomdm::service {
namespace {

constexpr const char* not_found = "enrollment not found";

std::string command_error(EnqueueOutcome outcome) {
    switch (outcome) {
    case EnqueueOutcome::queued:
    case EnqueueOutcome::already_queued:
        return {};
    // To the caller both are the same: no enrollment that could take the command.
    case EnqueueOutcome::enrollment_not_found:
    case EnqueueOutcome::enrollment_disabled:
        return not_found;
    case EnqueueOutcome::uuid_already_used:
        return "command UUID already used";
    }
    return {};
}

/// Each ID once, in the caller's order; what cannot be an ID is nobody's and is marked so.
template <class Mark>
std::vector<EnrollmentId> sort_out(std::vector<std::string> texts, DeliveryOutcome& outcome, Mark mark) {
    std::vector<EnrollmentId> ids;
    ids.reserve(texts.size());
    for (auto& text : texts) {
        const auto [entry, added] = outcome.status.try_emplace(text);
        if (!added) continue;
        try {
            ids.emplace_back(std::move(text));
        } catch (const Error&) {
            mark(entry->second);
        }
    }
    return ids;
}

} // namespace

DeliveryOutcome Delivery::push(std::vector<std::string> texts) {
    DeliveryOutcome outcome;
    const auto ids =
        sort_out(std::move(texts), outcome, [](DeliveryStatus& status) { status.push_error = not_found; });
    push_to(ids, outcome);
    return outcome;
}

DeliveryOutcome Delivery::enqueue(const Command& command, std::vector<std::string> texts, bool push) {
    DeliveryOutcome outcome;
    outcome.no_push = !push;
    outcome.command_uuid = command.uuid.str();
    outcome.request_type = command.request_type.str();
    const auto ids =
        sort_out(std::move(texts), outcome, [](DeliveryStatus& status) { status.command_error = not_found; });

    const auto enqueued = queue_.enqueue(command, ids);
    std::vector<EnrollmentId> waiting;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        auto error = command_error(enqueued[i]);
        if (error.empty())
            waiting.push_back(ids[i]);
        else
            outcome.status[ids[i].str()].command_error = std::move(error);
    }
    log::info("command enqueued", {{"command_uuid", command.uuid.str()},
                                   {"request_type", command.request_type.str()},
                                   {"ids", std::to_string(ids.size())},
                                   {"enqueued", std::to_string(waiting.size())}});
    if (push) push_to(waiting, outcome);
    return outcome;
}

void Delivery::push_to(const std::vector<EnrollmentId>& ids, DeliveryOutcome& outcome) {
    if (ids.empty()) return;
    try {
        const auto results = pusher_.push(ids);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            auto& status = outcome.status[ids[i].str()];
            status.push_result = results[i].apns_id;
            status.push_error = results[i].error;
        }
    } catch (const std::exception& error) {
        // The command, if any, is queued and stays so: report the push as failed, not the call.
        log::error("push failed", {{"err", error.what()}});
        outcome.push_error = "nothing could be pushed; the server's log says why";
    }
}

} // namespace nanomdm::service
