// What each answer means: taken, this message's fault, the target's, or everybody's.
#include "migrate/target.hpp"

#include "encoding/base64.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace nanomdm::migrate {
namespace {

using Clock = std::chrono::steady_clock;

/// What the target says of it, as far as it is fit for a line.
std::string reason(const http::ClientResponse& response) {
    constexpr std::size_t longest = 200;
    std::string text = std::to_string(response.status);
    std::string said = response.body.substr(0, longest);
    std::ranges::replace_if(
        said, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    const auto first = said.find_first_not_of(' ');
    if (first != std::string::npos) text += ": " + said.substr(first, said.find_last_not_of(' ') + 1 - first);
    return text;
}

void pause(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock{mutex};
    (void)never.wait_for(lock, stop, time, [] { return false; });
    if (stop.stop_requested()) throw Error{Errc::upstream_failed, "given up"};
}

} // namespace

struct Target::Answer {
    enum class Kind {
        taken,
        refused,      ///< the message's fault
        failed,       ///< the target's, perhaps with this message alone
        out_of_reach, ///< nobody is at home, or the house is full
    } kind;
    std::string why = {};
};

Target::Target(http::HttpClient& client, std::string url, const std::string& key, TargetPatience patience)
    : client_{client}, url_{std::move(url)},
      authorization_{"Basic " + base64_encode("nanomdm:" + key)}, patience_{patience} {}

std::optional<std::string> Target::send(const std::string& message, const std::stop_token& stop) {
    Backoff backoff{patience_.pause};
    const auto give_up_at = Clock::now() + patience_.out_of_reach;
    unsigned failures = 0;
    for (unsigned tries = 1;; ++tries) {
        const auto answer = ask(message);
        switch (answer.kind) {
        case Answer::Kind::taken:
            failures_in_a_row_ = 0;
            return std::nullopt;
        case Answer::Kind::refused:
            failures_in_a_row_ = 0;
            return answer.why;
        case Answer::Kind::failed:
            if (++failures < patience_.tries_of_a_failure) break;
            if (++failures_in_a_row_ >= patience_.failures_in_a_row)
                throw Error{Errc::upstream_failed, "the target fails on every message: " + answer.why};
            return answer.why;
        case Answer::Kind::out_of_reach:
            if (Clock::now() >= give_up_at)
                throw Error{Errc::upstream_failed, "the target is out of reach: " + answer.why};
            if (log_out_of_reach_.due())
                log::warning("the target is out of reach; trying again", {{"err", answer.why}});
            break;
        }
        pause(backoff.after(tries), stop);
    }
}

Target::Answer Target::ask(const std::string& message) {
    http::ClientRequest request{.method = "PUT", .url = url_, .body = message};
    request.headers.add("Authorization", authorization_);
    request.headers.add("Content-Type", "application/x-apple-aspen-mdm-checkin");
    http::ClientResponse response;
    try {
        response = client_.send(request);
    } catch (const Error& error) {
        if (error.code() != Errc::upstream_failed) throw;
        return {Answer::Kind::out_of_reach, error.what()};
    }
    const auto status = response.status;
    if (status >= 200 && status < 300) return {Answer::Kind::taken};
    refuse_to_go_on(response);
    if (status == 408 || status == 429 || status == 502 || status == 503 || status == 504)
        return {Answer::Kind::out_of_reach, reason(response)};
    return {status >= 500 ? Answer::Kind::failed : Answer::Kind::refused, reason(response)};
}

/// Sending on would only make the same mistake for the whole fleet.
void Target::refuse_to_go_on(const http::ClientResponse& response) const {
    const auto stop = [&response](const std::string& why) {
        throw Error{Errc::upstream_failed, why + " (" + reason(response) + ")"};
    };
    switch (response.status) {
    case 401:
    case 403:
        stop("the target does not take the key");
        break;
    case 404:
    case 405:
        stop("the target has no such endpoint: is it started with -migration, and does the URL end with "
             "/migration?");
        break;
    default:
        if (response.status >= 300 && response.status < 400) stop("the target is elsewhere");
    }
}

} // namespace nanomdm::migrate
