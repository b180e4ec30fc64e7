// What a follower does when its storage is well, fails, hangs, or is not there.
#include "storage/multi/follower.hpp"

#include "contract/samples.hpp"
#include "gated_storage.hpp"
#include "nanomdm/error.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

namespace nanomdm::storage::multi {
namespace {

using namespace std::chrono_literals;

std::chrono::steady_clock::time_point in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

class FollowerTest : public testing::Test {
protected:
    FollowerTest() { options.outage = {.failures = 3, .pause = {.first = 5ms, .longest = 20ms}}; }
    ~FollowerTest() override { gate.open(); }

    Follower& start() {
        return follower.emplace("2", std::make_unique<GatedStorage>(behind, gate), nullptr, options);
    }
    /// A write that fails or hangs as the storage does.
    Write push_certificate(const std::string& topic, std::size_t lane = 0) {
        return {.name = "store_push_certificate",
                .lane = lane,
                .bytes = 100,
                .dispensable = false,
                .apply = [topic](AllStorage& storage) {
                    storage.store_push_certificate({Topic{topic}, "certificate", "key"});
                    return true;
                }};
    }
    bool has(const std::string& topic) { return behind.push_certificate(Topic{topic}).has_value(); }
    static void fail() { throw Error{Errc::unavailable, "away"}; }

    InMemStorage behind;
    Gate gate;
    FollowerOptions options;
    std::optional<Follower> follower; ///< last: ends first
};

TEST_F(FollowerTest, KeepsTheOrderOfALane) {
    start();
    std::vector<int> order;
    for (int i = 0; i < 100; ++i)
        follower->write({.name = "note", .lane = 3, .apply = [&order, i](AllStorage&) {
                             order.push_back(i);
                             return true;
                         }});
    ASSERT_TRUE(follower->flush(in(30s)));
    ASSERT_EQ(order.size(), 100U);
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(follower->statistics().written, 100U);
}

TEST_F(FollowerTest, WhatItWasGivenDuringAnOutageComesAfterIt) {
    gate.make_fail(fail);
    start();
    for (int i = 0; i < 20; ++i) follower->write(push_certificate("topic" + std::to_string(i)));
    gate.wait_arrived(5);
    EXPECT_EQ(follower->statistics().waiting, 20U);
    gate.make_fail(nullptr);
    ASSERT_TRUE(follower->flush(in(30s)));
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(has("topic" + std::to_string(i))) << i;
    EXPECT_EQ(follower->statistics().missed, 0U);
}

TEST_F(FollowerTest, AHangingStorageHoldsUpNobodyWhoWrites) {
    options.most_writes = 10;
    gate.close();
    start();
    for (int i = 0; i < 50; ++i) follower->write(push_certificate("topic" + std::to_string(i)));
    EXPECT_EQ(follower->statistics().waiting, 10U);
    EXPECT_EQ(follower->statistics().missed, 40U);
    EXPECT_FALSE(follower->flush(in(1ms)));
    gate.open();
    EXPECT_TRUE(follower->flush(in(30s)));
    EXPECT_TRUE(has("topic9"));
    EXPECT_FALSE(has("topic10"));
}

TEST_F(FollowerTest, WhatWaitsIsBoundedInBytesToo) {
    options.most_bytes = 1000;
    gate.close();
    start();
    for (int i = 0; i < 50; ++i) follower->write(push_certificate("topic"));
    EXPECT_EQ(follower->statistics().waiting, 10U);
    gate.open();
    ASSERT_TRUE(follower->flush(in(30s)));
    follower->write(push_certificate("one more"));
    ASSERT_TRUE(follower->flush(in(30s)));
    EXPECT_TRUE(has("one more")) << "the room is free again";
}

TEST_F(FollowerTest, WhatIsDispensableLeavesRoomForTheOthers) {
    options.most_writes = 10;
    gate.close();
    start();
    auto touch = push_certificate("touch");
    touch.dispensable = true;
    for (int i = 0; i < 50; ++i) follower->write(touch);
    EXPECT_EQ(follower->statistics().waiting, 5U);
    EXPECT_EQ(follower->statistics().missed, 0U);
    gate.open();
}

TEST_F(FollowerTest, AWriteThatIsRefusedIsMissedAndTheNextOnesGoOn) {
    start();
    follower->write({.name = "refused", .apply = [](AllStorage&) -> bool {
                         throw Error{Errc::invalid, "never sent Authenticate"};
                     }});
    follower->write({.name = "incomplete", .apply = [](AllStorage&) { return false; }});
    follower->write({.name = "a bug", .apply = [](AllStorage&) -> bool { throw std::bad_alloc{}; }});
    follower->write(push_certificate("topic"));
    ASSERT_TRUE(follower->flush(in(30s)));
    EXPECT_EQ(follower->statistics().missed, 3U);
    EXPECT_TRUE(has("topic"));
}

TEST_F(FollowerTest, AWriteThatAloneFailsDoesNotHoldUpItsLaneForGood) {
    options.tries = 3;
    start();
    follower->write({.name = "poisoned", .lane = 0, .apply = [this](AllStorage&) -> bool {
                         // Another lane succeeds meanwhile.
                         const auto before = follower->statistics().written;
                         follower->write(push_certificate("other", 1));
                         while (follower->statistics().written == before) std::this_thread::yield();
                         throw Error{Errc::unavailable, "again and again"};
                     }});
    follower->write(push_certificate("next"));
    ASSERT_TRUE(follower->flush(in(30s)));
    EXPECT_TRUE(has("next"));
    EXPECT_EQ(follower->statistics().missed, 1U);
}

TEST_F(FollowerTest, AStorageThatWasNotThereIsOpenedLater) {
    std::atomic<int> tries{0};
    follower.emplace(
        "2", nullptr,
        [&]() -> std::unique_ptr<AllStorage> {
            if (++tries < 5) throw Error{Errc::unavailable, "not there yet"};
            return std::make_unique<GatedStorage>(behind, gate);
        },
        options);
    follower->write(push_certificate("topic"));
    ASSERT_TRUE(follower->flush(in(30s)));
    EXPECT_TRUE(has("topic"));
    EXPECT_EQ(tries, 5);
}

TEST_F(FollowerTest, StoppingWritesWhatWaits) {
    start();
    for (int i = 0; i < 100; ++i) follower->write(push_certificate("topic" + std::to_string(i), i % lanes));
    follower->stop(in(30s));
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(has("topic" + std::to_string(i))) << i;
}

TEST_F(FollowerTest, StoppingWhileItsStorageIsAwayEndsInTimeAndCountsWhatIsLeft) {
    gate.make_fail(fail);
    start();
    for (int i = 0; i < 100; ++i) follower->write(push_certificate("topic", i % lanes));
    gate.wait_arrived(3);
    follower->stop(in(10ms));
    EXPECT_EQ(follower->statistics().missed, 100U);
    EXPECT_EQ(follower->statistics().waiting, 0U);
    follower->write(push_certificate("too late"));
    EXPECT_EQ(follower->statistics().missed, 101U);
}

} // namespace
} // namespace nanomdm::storage::multi
