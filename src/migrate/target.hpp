// The server that a fleet is moved to: takes one message at a time on its /migration.
#pragma once

#include "http/client/http_client.hpp"
#include "pacing/backoff.hpp"
#include "pacing/once_per.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

namespace nanomdm::migrate {

struct TargetPatience {
    std::chrono::milliseconds out_of_reach{
        60'000}; ///< how long one message is tried at a target that is down
    Backoff::Bounds pause{.first = std::chrono::milliseconds{200}, .longest = std::chrono::seconds{10}};
    unsigned tries_of_a_failure = 3; ///< of a message that the target fails on (500)
    unsigned failures_in_a_row = 50; ///< such messages, with none taken between, before the target is broken
};

/// Any server with NanoMDM's migration endpoint. Blocking; thread-safe.
class Target {
public:
    /// @param url the whole URL of the endpoint; @param key its API key
    Target(http::HttpClient& client, std::string url, const std::string& key, TargetPatience patience = {});

    /// @return nullopt: taken; else why this message is not.
    /// @throws Error{Errc::upstream_failed} when the target is down for longer than the patience, or answers
    /// what it would answer to every message (a wrong key, a wrong URL); or when asked to stop.
    [[nodiscard]] std::optional<std::string> send(const std::string& message, const std::stop_token& stop);

private:
    struct Answer;
    [[nodiscard]] Answer ask(const std::string& message);
    void refuse_to_go_on(const http::ClientResponse& response) const;

    http::HttpClient& client_;
    const std::string url_;
    const std::string authorization_;
    const TargetPatience patience_;
    std::atomic<unsigned> failures_in_a_row_{0};
    OncePer log_out_of_reach_{std::chrono::seconds{10}};
};

} // namespace nanomdm::migrate
