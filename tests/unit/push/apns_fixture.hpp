// A client and a fake APNs that know each other: what every test over real TLS starts from.
#pragma once

#include "push/apns_client.hpp"
#include "support/fake_apns/fake_apns.hpp"
#include "support/process/temp_dir.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace nanomdm::push {

using namespace std::chrono_literals;

/// Push certificates in memory. `fail` makes every call throw, as a storage that is away does.
class MemoryCertStore final : public PushCertStore {
public:
    void store_push_certificate(const PushCertificate& certificate) override {
        const std::lock_guard lock{mutex_};
        certificates_.insert_or_assign(certificate.topic, certificate);
        ++versions_[certificate.topic];
    }
    std::optional<PushCertificate> push_certificate(const Topic& topic) override {
        std::unique_lock lock{mutex_};
        check();
        const auto found = certificates_.find(topic);
        auto certificate = found == certificates_.end() ? std::nullopt : std::optional{found->second};
        const auto then = std::exchange(after_next_read_, nullptr);
        lock.unlock();
        if (then) then();
        return certificate;
    }
    std::optional<std::uint64_t> push_certificate_version(const Topic& topic) override {
        const std::lock_guard lock{mutex_};
        ++version_reads;
        check();
        const auto found = versions_.find(topic);
        return found == versions_.end() ? std::nullopt : std::optional{found->second};
    }
    std::vector<Topic> push_topics() override { return {}; }
    void fail(bool on) {
        const std::lock_guard lock{mutex_};
        failing_ = on;
    }
    /// As out of memory or a failing library does: no Error.
    void fail_oddly(bool on) {
        const std::lock_guard lock{mutex_};
        failing_oddly_ = on;
    }
    /// The next reader of a certificate has read it and is held up in `then` before it gets it.
    void after_next_read(std::function<void()> then) {
        const std::lock_guard lock{mutex_};
        after_next_read_ = std::move(then);
    }
    std::atomic<int> version_reads{0};

private:
    void check() const {
        if (failing_oddly_) throw std::bad_alloc{};
        if (failing_) throw Error{Errc::unavailable, "storage is away at /secret/path"};
    }
    std::mutex mutex_;
    std::map<Topic, PushCertificate> certificates_;
    std::map<Topic, std::uint64_t> versions_;
    std::function<void()> after_next_read_;
    bool failing_ = false;
    bool failing_oddly_ = false;
};

class ApnsTest : public testing::Test {
protected:
    void SetUp() override {
        std::ofstream{ca_file()} << apns.ca_pem();
        renew_certificate();
        options.url = apns.url();
        options.ca_file = ca_file();
        options.retry_first = 10ms;
        options.reconnect_first = 10ms;
        options.grow_after = 20ms;
        options.certificate_poll = 20ms;
    }

    [[nodiscard]] std::string ca_file() const { return (directory.path() / "ca.pem").string(); }

    /// Stores a new certificate for the topic.
    void renew_certificate() {
        const auto identity = apns.push_identity(topic.str());
        certificates.store_push_certificate({topic, identity.certificate_pem, identity.private_key_pem});
    }

    /// Token i is the number in hexadecimal.
    [[nodiscard]] PushInfo target(std::size_t i) const {
        char token[33];
        std::snprintf(token, sizeof token, "%032zx", i);
        return {topic, PushMagic{"magic-" + std::to_string(i)}, PushToken::from_hex(token)};
    }
    [[nodiscard]] std::vector<PushInfo> targets(std::size_t count) const {
        std::vector<PushInfo> result;
        for (std::size_t i = 0; i < count; ++i) result.push_back(target(i));
        return result;
    }
    [[nodiscard]] std::string token(std::size_t i) const { return target(i).token.hex(); }

    /// Pushes to targets 0 … count - 1 and waits.
    std::vector<ProviderResponse> push(ApnsClient& client, std::size_t count,
                                       std::chrono::milliseconds limit = 20s) const {
        const auto to = targets(count);
        return client.push(topic, to, std::chrono::steady_clock::now() + limit);
    }
    std::future<std::vector<ProviderResponse>> start_push(ApnsClient& client, std::size_t count,
                                                          std::chrono::milliseconds limit = 20s) const {
        return std::async(std::launch::async,
                          [this, &client, count, limit] { return push(client, count, limit); });
    }

    [[nodiscard]] static testing::AssertionResult
    all_delivered(const std::vector<ProviderResponse>& responses, std::size_t count) {
        if (responses.size() != count) return testing::AssertionFailure() << responses.size() << " responses";
        for (const auto& response : responses)
            if (response.status != 200)
                return testing::AssertionFailure()
                       << response.status << ' ' << response.reason << response.error;
        return testing::AssertionSuccess();
    }

    const Topic topic{"com.apple.mgmt.External.test"};
    test::TempDir directory;
    fake_apns::FakeApns apns;
    MemoryCertStore certificates;
    ApnsOptions options;
};

} // namespace nanomdm::push
