// Many threads at once: order stays exact, nothing is lost, doubled or half done.
#include "contract/storage_contract.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

namespace nanomdm::contract {
namespace {

using testing::ElementsAreArray;

const Enrollment mac = device("A1B2");

/// When a call began and ended, in ticks of one counter shared by all threads.
struct Interval {
    int began = 0;
    int ended = 0;
};

TEST_P(ThreadsContract, OrderIsThatOfTheCalls) {
    const std::vector<Enrollment> macs{device("M1"), device("M2"), device("M3")};
    for (const auto& one : macs) enroll(one);
    constexpr int threads = 8;
    constexpr int each = 25;
    std::atomic<int> clock{0};
    std::vector<std::map<std::string, Interval>> calls(threads);
    in_parallel(threads, [&](int thread) {
        for (int i = 0; i < each; ++i) {
            const auto one = command("t" + std::to_string(thread) + "-" + std::to_string(i));
            Interval& call = calls[static_cast<std::size_t>(thread)][one.uuid.str()];
            // Odd threads name the IDs the other way round: a backend that locks as given would hang.
            auto all = ids(macs);
            if (thread % 2 == 1) std::ranges::reverse(all);
            call.began = clock++;
            const auto outcomes = storage().enqueue(one, all);
            call.ended = clock++;
            if (std::ranges::count(outcomes, EnqueueOutcome::queued) != 3)
                throw std::runtime_error{"not queued"};
        }
    });
    std::map<std::string, Interval> all_calls;
    for (const auto& some : calls) all_calls.insert(some.begin(), some.end());

    for (const auto& one : macs) {
        const auto delivered = drain(one);
        ASSERT_EQ(delivered.size(), static_cast<std::size_t>(threads * each));
        ASSERT_EQ((std::set<std::string>{delivered.begin(), delivered.end()}).size(), delivered.size());
        int latest_begin = -1;
        for (const auto& uuid : delivered) {
            const Interval& call = all_calls.at(uuid);
            EXPECT_GT(call.ended, latest_begin)
                << uuid << " was enqueued before one delivered earlier had begun";
            latest_begin = std::max(latest_begin, call.began);
        }
    }
}

TEST_P(ThreadsContract, DevicesFetchWhileAdministratorsEnqueue) {
    constexpr int devices = 4;
    constexpr int administrators = 4;
    constexpr int each = 40;
    std::vector<Enrollment> macs;
    for (int i = 0; i < devices; ++i) macs.push_back(device("M" + std::to_string(i)));
    for (const auto& one : macs) enroll(one);
    std::vector<std::vector<std::string>> delivered(devices);
    in_parallel(devices + administrators, [&](int thread) {
        if (thread >= devices) {
            for (int i = 0; i < each; ++i) {
                storage().enqueue(command(std::to_string(thread) + "-" + std::to_string(i)), ids(macs));
            }
            return;
        }
        auto& mine = delivered[static_cast<std::size_t>(thread)];
        EXPECT_TRUE(eventually([&] {
            for (const auto& uuid : drain(macs[static_cast<std::size_t>(thread)])) mine.push_back(uuid);
            return mine.size() >= administrators * each;
        })) << "commands were lost";
    });
    for (const auto& mine : delivered) {
        ASSERT_EQ(mine.size(), static_cast<std::size_t>(administrators * each));
        std::map<std::string, std::vector<std::string>> by_administrator;
        for (const auto& uuid : mine) by_administrator[uuid.substr(0, uuid.find('-'))].push_back(uuid);
        for (const auto& [administrator, order] : by_administrator) {
            std::vector<std::string> expected;
            for (int i = 0; i < each; ++i) expected.push_back(administrator + "-" + std::to_string(i));
            EXPECT_THAT(order, ElementsAreArray(expected));
        }
    }
}

TEST_P(ThreadsContract, TheSameCommandEnqueuedAtOnceIsQueuedOnce) {
    enroll(mac);
    const auto all = commands("c", 20);
    for (const auto& one : all) {
        std::vector<EnqueueOutcome> outcomes(16);
        in_parallel(16, [&](int i) { outcomes[static_cast<std::size_t>(i)] = enqueue(one, mac); });
        EXPECT_EQ(std::ranges::count(outcomes, EnqueueOutcome::queued), 1);
        EXPECT_EQ(std::ranges::count(outcomes, EnqueueOutcome::already_queued), 15);
    }
    EXPECT_THAT(drain(mac), ElementsAreArray(uuids(all)));
}

TEST_P(ThreadsContract, OneUuidHasOneMeaningHoweverManyRace) {
    constexpr int racers = 16;
    for (int i = 0; i < racers; ++i) enroll(device("M" + std::to_string(i)));
    std::atomic<int> conflicts{0};
    in_parallel(racers, [&](int i) {
        const Command mine{CommandUuid{"c"}, RequestType{"T"}, "<" + std::to_string(i % 4) + ">"};
        try {
            enqueue(mine, device("M" + std::to_string(i)));
        } catch (const Error& error) {
            if (error.code() != Errc::conflict) throw;
            ++conflicts;
        }
    });
    std::set<std::string> bodies;
    for (int i = 0; i < racers; ++i) {
        if (const auto one =
                storage().next_command(EnrollmentId{"M" + std::to_string(i)}, NotNow::candidates)) {
            bodies.insert(one->raw);
        }
    }
    EXPECT_EQ(bodies.size(), 1U);
    EXPECT_EQ(conflicts, 12);
}

TEST_P(ThreadsContract, NotNowsAreCountedExactly) {
    enroll(mac);
    enqueue(command("c"), mac);
    in_parallel(8, [&](int) {
        for (int i = 0; i < 50; ++i) report(mac, command("c"), "NotNow");
    });
    EXPECT_EQ(storage().result(mac.id, CommandUuid{"c"})->not_now_tally, 400);
}

TEST_P(ThreadsContract, TokenUpdatesAreCountedExactly) {
    storage().store_authenticate(authenticate(mac), "pem");
    std::vector<std::vector<int>> tallies(8);
    in_parallel(8, [&](int thread) {
        for (int i = 0; i < 50; ++i) {
            tallies[static_cast<std::size_t>(thread)].push_back(
                storage().store_token_update(token_update(mac)));
        }
    });
    std::set<int> seen;
    for (const auto& some : tallies) seen.insert(some.begin(), some.end());
    EXPECT_EQ(seen.size(), 400U);
    EXPECT_EQ(*seen.rbegin(), 400);
    EXPECT_EQ(storage().enrollment(mac.id)->token_update_tally, 400);
}

TEST_P(ThreadsContract, AnAuthenticateAmidEverythingClearsAsAWhole) {
    enroll(mac);
    const auto anna = user_of(mac, "ANNA");
    add_user(anna);
    in_parallel(6, [&](int thread) {
        for (int i = 0; i < 25; ++i) {
            const auto one = command(std::to_string(thread) + "-" + std::to_string(i));
            if (thread < 3) {
                storage().enqueue(one, ids({mac, anna}));
            } else if (thread < 5) {
                next(anna);
                report(mac, command("0-" + std::to_string(i)), thread == 3 ? "NotNow" : "Acknowledged");
            } else {
                storage().store_authenticate(authenticate(mac), "pem");
                EXPECT_EQ(next(mac) + next(anna), "") << "disabled, so nothing can have come since";
                EXPECT_EQ(storage().store_token_update(token_update(mac)), 1);
                EXPECT_EQ(storage().store_token_update(token_update(anna)), 1);
            }
        }
    });
    storage().store_authenticate(authenticate(mac), "pem");
    EXPECT_EQ(next(mac) + next(anna), "");
    enroll(mac);
    enqueue(command("last"), mac);
    EXPECT_THAT(drain(mac), testing::ElementsAre("last"));
}

} // namespace
} // namespace nanomdm::contract
