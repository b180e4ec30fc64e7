#include "e2e/inbox.hpp"

#include <set>
#include <thread>

namespace nanomdm::test {

nlohmann::json about(const nlohmann::json& event) {
    return event.contains("checkin_event") ? event.at("checkin_event") : event.at("acknowledge_event");
}

Inbox::Inbox(Trouble trouble)
    : trouble_{std::move(trouble)}, upstream_{
                                        [this](const UpstreamRequest& request) { return answer(request); }} {}

UpstreamReply Inbox::answer(const UpstreamRequest& request) {
    const auto event = Json::parse(request.body);
    const std::lock_guard lock{mutex_};
    ++requests_;
    if (trouble_) {
        if (auto reply = trouble_(event, requests_)) {
            // A slow one takes the event all the same.
            if (reply->status == 200 && reply->mishap == UpstreamReply::Mishap::none) taken_.push_back(event);
            return *reply;
        }
    }
    taken_.push_back(event);
    return {};
}

void Inbox::trouble(Trouble trouble) {
    const std::lock_guard lock{mutex_};
    trouble_ = std::move(trouble);
}

std::vector<Inbox::Json> Inbox::taken() const {
    const std::lock_guard lock{mutex_};
    return taken_;
}

std::vector<Inbox::Json> Inbox::taken_of(const std::string& enrollment, const std::string& topic) const {
    std::vector<Json> some;
    for (const auto& event : taken()) {
        if (about(event)["ids"]["id"] == enrollment && (topic.empty() || event["topic"] == topic))
            some.push_back(event);
    }
    return some;
}

bool Inbox::wait_for(const std::string& topic, std::size_t count, std::chrono::seconds patience) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        std::set<std::string> ids;
        for (const auto& event : taken()) {
            if (event["topic"] == topic) ids.insert(event["event_id"].get<std::string>());
        }
        if (ids.size() >= count) return true;
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
}

} // namespace nanomdm::test
