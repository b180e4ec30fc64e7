// When a process is called alive, and what it is excused for.
#include "app/watchdog.hpp"

#include <gtest/gtest.h>

namespace nanomdm::app {
namespace {

using namespace std::chrono_literals;
using TimePoint = std::chrono::steady_clock::time_point;

struct Looks {
    Pulse pulse{30s};
    Vitals vitals{.io_beats = {5, 5}};
    TimePoint now{1000s};

    /// Half the patience later.
    bool look() {
        now += 15s;
        return pulse.beats(vitals, now);
    }
    bool look_while_io_goes_round() {
        for (auto& beat : vitals.io_beats) ++beat;
        return look();
    }
};

TEST(Pulse, AnIdleServerIsAlive) {
    Looks looks;
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(looks.look_while_io_goes_round());
}

TEST(Pulse, OneIoThreadThatStandsStillIsDeathUntilItGoesOn) {
    Looks looks;
    EXPECT_TRUE(looks.look());
    ++looks.vitals.io_beats[0];
    EXPECT_FALSE(looks.look());
    EXPECT_TRUE(looks.look_while_io_goes_round());
}

TEST(Pulse, WorkersThatFinishNothingWhileTheStorageAnswersAreDeathAfterThePatience) {
    Looks looks;
    looks.vitals.jobs_finished = 7;
    EXPECT_TRUE(looks.look_while_io_goes_round());
    looks.vitals.jobs_wait = true;
    EXPECT_TRUE(looks.look_while_io_goes_round());
    EXPECT_FALSE(looks.look_while_io_goes_round());
    ++looks.vitals.jobs_finished;
    EXPECT_TRUE(looks.look_while_io_goes_round());
}

TEST(Pulse, WorkersMayWaitForAStorageThatDoesNotAnswer) {
    Looks looks;
    looks.vitals.jobs_wait = true;
    looks.vitals.storage_answers = false;
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(looks.look_while_io_goes_round());
    looks.vitals.storage_answers = true; // and the patience begins anew
    EXPECT_TRUE(looks.look_while_io_goes_round());
    EXPECT_FALSE(looks.look_while_io_goes_round());
}

TEST(Pulse, LongJobsAreNoStandstillWhileNobodyWaits) {
    Looks looks;
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(looks.look_while_io_goes_round());
}

} // namespace
} // namespace nanomdm::app
