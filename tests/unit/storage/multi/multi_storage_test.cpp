// What is handed on, and what is not. That it arrives as it should is the contract's matter.
#include "storage/multi/multi_storage.hpp"

#include "contract/samples.hpp"
#include "gated_storage.hpp"
#include "nanomdm/error.hpp"

#include <gtest/gtest.h>

namespace nanomdm::storage {
namespace {

using namespace std::chrono_literals;

class MultiStorageTest : public testing::Test {
protected:
    MultiStorageTest() {
        std::vector<std::unique_ptr<multi::Follower>> followers;
        for (auto* behind : {&second, &third})
            followers.push_back(std::make_unique<multi::Follower>(
                "follower", std::make_unique<GatedStorage>(*behind, followers_gate), nullptr,
                multi::FollowerOptions{}));
        storage.emplace(std::make_unique<GatedStorage>(first, first_gate), std::move(followers));
    }
    ~MultiStorageTest() override { followers_gate.open(); }

    void enroll(const Enrollment& device) {
        storage->store_authenticate(contract::authenticate(device), "pem");
        storage->store_token_update(contract::token_update(device));
    }
    void settle() {
        for (const auto& follower : storage->followers())
            ASSERT_TRUE(follower->flush(std::chrono::steady_clock::now() + 30s));
    }
    std::uint64_t missed() {
        std::uint64_t all = 0;
        for (const auto& follower : storage->followers()) all += follower->statistics().missed;
        return all;
    }

    const Enrollment mac = contract::device("MAC");
    InMemStorage first;
    InMemStorage second;
    InMemStorage third;
    Gate first_gate;
    Gate followers_gate;
    std::optional<MultiStorage> storage; ///< last: ends first
};

TEST_F(MultiStorageTest, AllOfThemGetEveryWrite) {
    enroll(mac);
    (void)storage->enqueue(contract::command("c1"), contract::ids({mac}));
    settle();
    for (auto* each : {&first, &second, &third}) {
        EXPECT_TRUE(each->enrollment(mac.id)->enabled);
        EXPECT_EQ(each->next_command(mac.id, NotNow::candidates)->uuid.str(), "c1");
    }
}

TEST_F(MultiStorageTest, WhatTheFirstDoesNotDoNobodyDoes) {
    enroll(mac);
    first_gate.make_fail([] { throw Error{Errc::unavailable, "away"}; });
    EXPECT_THROW(storage->store_check_out(contract::check_out(mac)), Error);
    settle();
    EXPECT_TRUE(second.enrollment(mac.id)->enabled);
}

TEST_F(MultiStorageTest, HangingFollowersCostNothing) {
    followers_gate.close();
    enroll(mac);
    (void)storage->enqueue(contract::command("c1"), contract::ids({mac}));
    EXPECT_TRUE(storage->enrollment(mac.id)->enabled);
    EXPECT_EQ(storage->next_command(mac.id, NotNow::candidates)->uuid.str(), "c1");
    EXPECT_FALSE(second.enrollment(mac.id));
    followers_gate.open();
    settle();
    EXPECT_TRUE(second.enrollment(mac.id)->enabled);
}

TEST_F(MultiStorageTest, EventsAreTheFirstOnesAlone) {
    auto message = contract::authenticate(mac);
    message.event = EventStamp{.id = "event", .created_at = std::chrono::system_clock::now()};
    storage->store_authenticate(message, "pem");
    settle();
    EXPECT_EQ(first.outbox_state().waiting, 1U);
    EXPECT_TRUE(second.enrollment(mac.id));
    EXPECT_EQ(second.outbox_state().waiting, 0U);
}

TEST_F(MultiStorageTest, OnlyTheEnrollmentsThatGotACommandAreHandedOn) {
    const auto stranger = contract::device("STRANGER");
    enroll(mac);
    const auto outcomes = storage->enqueue(contract::command("c1"), contract::ids({stranger, mac}));
    EXPECT_EQ(outcomes[0], EnqueueOutcome::enrollment_not_found);
    EXPECT_EQ(outcomes[1], EnqueueOutcome::queued);
    settle();
    EXPECT_EQ(missed(), 0U);
    EXPECT_TRUE(second.next_command(mac.id, NotNow::candidates));
}

TEST_F(MultiStorageTest, AFollowerThatLacksWhatAWriteBuildsOnIsSaidToMissIt) {
    first.store_authenticate(contract::authenticate(mac), "pem");
    storage->store_token_update(contract::token_update(mac));
    settle();
    EXPECT_EQ(missed(), 2U);
}

TEST_F(MultiStorageTest, ADeviceAndItsUsersShareALane) {
    const auto user = contract::user_of(mac, "U1");
    EXPECT_EQ(multi::lane_of(mac.id), multi::lane_of(user.id));
    EXPECT_LT(multi::lane_of(mac.id), multi::lanes);
}

class Silent final : public contract::RoutedStorage {
public:
    void ping() override { throw Error{Errc::unavailable, "silent"}; }

private:
    AllStorage& for_writing() override { return storage_; }
    AllStorage& for_reading() override { return storage_; }
    AllStorage& for_outbox() override { return storage_; }
    InMemStorage storage_;
};

TEST(MultiStoragePing, AsksTheFirstAlone) {
    const auto ping = [](std::unique_ptr<AllStorage> first, std::unique_ptr<AllStorage> follower) {
        std::vector<std::unique_ptr<multi::Follower>> followers;
        followers.push_back(std::make_unique<multi::Follower>("follower", std::move(follower), nullptr,
                                                              multi::FollowerOptions{}));
        MultiStorage{std::move(first), std::move(followers)}.ping();
    };
    EXPECT_NO_THROW(ping(std::make_unique<InMemStorage>(), std::make_unique<Silent>()));
    EXPECT_THROW(ping(std::make_unique<Silent>(), std::make_unique<InMemStorage>()), Error);
}

} // namespace
} // namespace nanomdm::storage
