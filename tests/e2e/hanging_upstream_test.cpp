// A declarative management server that never answers costs nobody else anything.
#include "e2e/scene.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <thread>

namespace nanomdm::test {
namespace {

using namespace std::chrono_literals;
using Mishap = UpstreamReply::Mishap;

/// Devices that have asked for declarations and wait, each on a thread of its own.
class WaitingDevices {
public:
    WaitingDevices(const Scene& scene, int count)
        : enrolled_{count}, statuses_(static_cast<std::size_t>(count)) {
        for (int i = 0; i < count; ++i) {
            threads_.emplace_back([this, &scene, i] {
                auto device = scene.enrolled("WAITING-" + std::to_string(i));
                enrolled_.arrive_and_wait();
                statuses_[static_cast<std::size_t>(i)] =
                    static_cast<int>(device.declarative_management("tokens").status);
            });
        }
    }
    /// Waits for their answers.
    [[nodiscard]] std::vector<int> statuses() {
        threads_.clear();
        return statuses_;
    }

private:
    std::latch enrolled_;
    std::vector<int> statuses_;
    std::vector<std::jthread> threads_;
};

std::ptrdiff_t count_of(const std::vector<int>& statuses, int status) {
    return std::count(statuses.begin(), statuses.end(), status);
}

TEST(HangingUpstream, LeavesTheOthersTheirWorkers) {
    constexpr int waiting = 200;
    Upstream upstream;
    upstream.answer({.body = "{}", .mishap = Mishap::hang});
    Scene scene{{"-dm", upstream.url() + "/", "-workers", "2"}};
    WaitingDevices devices{scene, waiting};
    ASSERT_TRUE(upstream.wait_for(waiting, 60s));

    for (int i = 0; i < 20; ++i) {
        auto other = scene.enrolled("OTHER-" + std::to_string(i));
        scene.api().must_enqueue(other.id(), "C-" + std::to_string(i));
        EXPECT_EQ(other.connect().size(), 1U);
        EXPECT_EQ(other.set_bootstrap_token("token").status, 200);
        EXPECT_EQ(other.check_out().status, 200);
    }
    EXPECT_EQ(upstream.count(), static_cast<std::size_t>(waiting));
    upstream.release();
    EXPECT_EQ(count_of(devices.statuses(), 200), waiting) << "somebody's wait was cut short";
}

TEST(HangingUpstream, LeavesThreadsToOtherUpstreams) {
    Upstream upstream;
    upstream.answer({.mishap = Mishap::hang});
    Scene scene{{"-dm", upstream.url() + "/", "-upstream-workers", "16"}};
    WaitingDevices devices{scene, 14};
    ASSERT_TRUE(upstream.wait_for(14));

    auto device = scene.enrolled("U1");
    const auto refused = device.declarative_management("tokens");
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(refused.header("retry-after"));
    // Of the two threads left, the one that refused may not be back yet.
    EXPECT_NE(scene.api().call("GET", "/v1/push/U1").status, 503) << "no thread was left to push";
    EXPECT_EQ(upstream.count(), 14U);
    upstream.release();
    EXPECT_EQ(count_of(devices.statuses(), 200), 14);
}

TEST(HangingUpstream, EndsWithTheServer) {
    Upstream upstream;
    upstream.answer({.mishap = Mishap::hang});
    Scene scene{{"-dm", upstream.url() + "/", "-shutdown-grace", "1s"}};
    auto device = scene.enrolled("U1");
    std::jthread waiting{[&] { EXPECT_ANY_THROW((void)device.declarative_management("tokens")); }};
    ASSERT_TRUE(upstream.wait_for(1));
    scene.stop(); // fails when it takes 30 s, which is what an answer may take
}

} // namespace
} // namespace nanomdm::test
