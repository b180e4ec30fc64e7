// Remembered associations: how long, how many, whose.
#include "storage/mysql/association_cache.hpp"

#include <gtest/gtest.h>

namespace nanomdm::storage::mysql {
namespace {

using namespace std::chrono_literals;

const EnrollmentId mac{"A1B2"};
const EnrollmentId other_mac{"C3D4"};
const AssociationCache::Clock::time_point start{100h};

TEST(AssociationCache, KnowsWhatItWasTold) {
    AssociationCache cache;
    cache.remember(mac, "hash", start);
    EXPECT_TRUE(cache.contains(mac, "hash", start));
    EXPECT_FALSE(cache.contains(other_mac, "hash", start));
    EXPECT_FALSE(cache.contains(mac, "other hash", start));
}

TEST(AssociationCache, ForgetsAfterItsLifetime) {
    AssociationCache cache{100, 60s};
    cache.remember(mac, "hash", start);
    EXPECT_TRUE(cache.contains(mac, "hash", start + 59s));
    EXPECT_FALSE(cache.contains(mac, "hash", start + 60s)) << "however often it was asked for";
    cache.remember(mac, "hash", start + 61s);
    EXPECT_TRUE(cache.contains(mac, "hash", start + 120s));
}

TEST(AssociationCache, ForgetsWhatItIsToldTo) {
    AssociationCache cache;
    cache.remember(mac, "hash", start);
    cache.forget(other_mac, "hash");
    EXPECT_TRUE(cache.contains(mac, "hash", start));
    cache.forget(mac, "hash");
    EXPECT_FALSE(cache.contains(mac, "hash", start));
}

TEST(AssociationCache, ADuplicatesDevicesTakeTurns) {
    AssociationCache cache;
    cache.remember(mac, "hash", start);
    cache.remember(other_mac, "hash", start);
    EXPECT_TRUE(cache.contains(other_mac, "hash", start));
    EXPECT_FALSE(cache.contains(mac, "hash", start));
}

TEST(AssociationCache, IsBoundedAndKeepsTheLatest) {
    constexpr int capacity = 1600;
    AssociationCache cache{capacity};
    constexpr int count = 20'000;
    for (int i = 0; i < count; ++i) cache.remember(mac, std::to_string(i), start);
    int known = 0;
    for (int i = 0; i < count; ++i) known += cache.contains(mac, std::to_string(i), start) ? 1 : 0;
    EXPECT_LE(known, capacity);
    EXPECT_GE(known, capacity / 4);
    EXPECT_TRUE(cache.contains(mac, std::to_string(count - 1), start));
}

TEST(AssociationCache, ARefreshedOneIsAsYoungAsItsRefresh) {
    AssociationCache cache{100, 60s};
    cache.remember(mac, "hash", start);
    cache.remember(mac, "hash", start + 50s);
    EXPECT_TRUE(cache.contains(mac, "hash", start + 100s));
}

} // namespace
} // namespace nanomdm::storage::mysql
