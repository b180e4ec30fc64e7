// An answered request binds; an unanswered one may have happened or not.
#include "e2e/ledger.hpp"

#include <algorithm>

namespace nanomdm::test {

Ledger::Entry* Ledger::find(const std::string& uuid) {
    const auto found =
        std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& e) { return e.uuid == uuid; });
    return found == entries_.rend() ? nullptr : &*found;
}

void Ledger::enqueue_sent(const std::string& uuid) {
    const std::lock_guard lock{mutex_};
    entries_.push_back({.uuid = uuid, .state = State::enqueue_in_flight});
}

void Ledger::enqueue_answered(const std::string& uuid) {
    const std::lock_guard lock{mutex_};
    // The device may have been faster than the answer to the administrator.
    if (auto* entry = find(uuid); entry != nullptr && entry->state == State::enqueue_in_flight)
        entry->state = State::pending;
}

void Ledger::report_sent(const std::string& uuid) {
    const std::lock_guard lock{mutex_};
    if (auto* entry = find(uuid)) entry->state = State::report_in_flight;
}

void Ledger::report_answered(const std::string& uuid) {
    const std::lock_guard lock{mutex_};
    if (auto* entry = find(uuid)) entry->state = State::done;
    reported_.insert(uuid);
}

void Ledger::bootstrap_token_sent(const std::string& token) {
    const std::lock_guard lock{mutex_};
    tokens_in_flight_.insert(token);
}

void Ledger::bootstrap_token_answered(const std::string& token) {
    const std::lock_guard lock{mutex_};
    token_ = token;
    tokens_in_flight_.clear();
}

std::string Ledger::settle(const std::vector<std::string>& pending) {
    const std::lock_guard lock{mutex_};
    std::string wrong;
    auto found = pending.begin();
    std::vector<Entry> settled;
    for (auto& entry : entries_) {
        const bool here = found != pending.end() && *found == entry.uuid;
        if (entry.state == State::done && here) wrong += "reported, but pending again: " + entry.uuid + "\n";
        if (entry.state == State::pending && !here) wrong += "lost, or out of order: " + entry.uuid + "\n";
        if (!here) continue;
        ++found;
        settled.push_back({.uuid = entry.uuid, .state = State::pending});
    }
    for (; found != pending.end(); ++found) wrong += "out of order, or never enqueued: " + *found + "\n";
    entries_ = std::move(settled);
    return wrong;
}

std::string Ledger::settle_bootstrap_token(const std::string& found) {
    const std::lock_guard lock{mutex_};
    const bool kept = found == token_ || tokens_in_flight_.contains(found);
    std::string wrong = kept ? "" : "bootstrap token is \"" + found + "\", not \"" + token_ + "\"\n";
    token_ = found;
    tokens_in_flight_.clear();
    return wrong;
}

std::set<std::string> Ledger::reported() const {
    const std::lock_guard lock{mutex_};
    return reported_;
}

} // namespace nanomdm::test
