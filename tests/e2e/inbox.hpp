// The receiver of the webhook: keeps the events it has taken, and misbehaves on request.
#pragma once

#include "support/upstream/upstream.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::test {

class Inbox {
public:
    using Json = nlohmann::json;
    /// @param number of the request, from 1. @return how to answer; nullopt: the event is taken
    using Trouble = std::function<std::optional<UpstreamReply>(const Json& event, std::size_t number)>;

    explicit Inbox(Trouble trouble = {});

    [[nodiscard]] std::string url() const { return upstream_.url() + "/hook"; }
    [[nodiscard]] Upstream& upstream() noexcept { return upstream_; }
    /// From now on.
    void trouble(Trouble trouble);

    /// Events taken, in the order they were; one sent twice is there twice.
    [[nodiscard]] std::vector<Json> taken() const;
    /// Those that tell of one enrollment and have this topic; with an empty one, all of it.
    [[nodiscard]] std::vector<Json> taken_of(const std::string& enrollment,
                                             const std::string& topic = {}) const;
    /// Waits until so many different events of a topic have been taken.
    [[nodiscard]] bool wait_for(const std::string& topic, std::size_t count,
                                std::chrono::seconds patience = std::chrono::seconds{40}) const;

private:
    UpstreamReply answer(const UpstreamRequest& request);

    mutable std::mutex mutex_;
    Trouble trouble_;
    std::size_t requests_ = 0;
    std::vector<Json> taken_;
    Upstream upstream_; ///< last: it answers until it ends
};

/// What an event says of its message: `checkin_event` or `acknowledge_event`.
[[nodiscard]] nlohmann::json about(const nlohmann::json& event);

} // namespace nanomdm::test
