// A receiver that answers as a test says and remembers what it got.
#pragma once

#include "webhook/receiver.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace nanomdm::webhook {

using namespace std::chrono_literals;

inline const Verdict refusal{.outcome = Verdict::Outcome::refused, .reason = "HTTP status 404"};
inline const Verdict failure{.outcome = Verdict::Outcome::failed, .reason = "cannot connect"};

inline Event event(const std::string& enrollment, const std::string& id) {
    return {.id = id,
            .topic = "mdm.Connect",
            .created_at = {},
            .enrollment = EnrollmentId{enrollment},
            .body = "{}"};
}

class ScriptedReceiver final : public Receiver {
public:
    using Script = std::function<Verdict(const Event&)>;

    explicit ScriptedReceiver(Script script = [](const Event&) { return Verdict{}; })
        : script_{std::move(script)} {}

    Verdict deliver(const Event& event) override {
        Script script;
        {
            const std::lock_guard lock{mutex_};
            if (!under_way_.insert(event.enrollment.str()).second) overlapped_ = true;
            ++tries_;
            script = script_;
        }
        const auto verdict = script(event);
        const std::lock_guard lock{mutex_};
        under_way_.erase(event.enrollment.str());
        if (verdict.outcome == Verdict::Outcome::delivered)
            delivered_[event.enrollment.str()].push_back(event.id);
        changed_.notify_all();
        return verdict;
    }
    void stop() noexcept override { release(); }

    void answer(Script script) {
        const std::lock_guard lock{mutex_};
        script_ = std::move(script);
    }

    /// For scripts: waits until release().
    void hang() {
        std::unique_lock lock{mutex_};
        ++hanging_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return released_; });
        --hanging_;
    }
    void release() noexcept {
        const std::lock_guard lock{mutex_};
        released_ = true;
        changed_.notify_all();
    }

    template <class Condition> bool wait(Condition condition) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 15s, condition);
    }
    /// Of all enrollments together.
    bool wait_delivered(std::size_t count) {
        return wait([&] { return count_delivered() >= count; });
    }
    bool wait_hanging(std::size_t count) {
        return wait([&] { return hanging_ >= count; });
    }
    bool wait_tries(std::size_t count) {
        return wait([&] { return tries_ >= count; });
    }

    std::vector<std::string> delivered(const std::string& enrollment) {
        const std::lock_guard lock{mutex_};
        return delivered_[enrollment];
    }
    std::size_t tries() {
        const std::lock_guard lock{mutex_};
        return tries_;
    }
    /// Whether two events of one enrollment were ever under way at once.
    bool overlapped() {
        const std::lock_guard lock{mutex_};
        return overlapped_;
    }

private:
    std::size_t count_delivered() const {
        std::size_t count = 0;
        for (const auto& [enrollment, ids] : delivered_) count += ids.size();
        return count;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    Script script_;
    std::map<std::string, std::vector<std::string>> delivered_;
    std::set<std::string> under_way_;
    std::size_t tries_ = 0;
    std::size_t hanging_ = 0;
    bool released_ = false;
    bool overlapped_ = false;
};

/// Polls until it holds. @return false after 15 s.
template <class Condition> bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 15s;
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock{mutex};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        never.wait_for(lock, 2ms);
    }
    return true;
}

} // namespace nanomdm::webhook
