// Percentiles are what the benchmark's claims rest on.
#include "bench/histogram.hpp"

#include <gtest/gtest.h>

namespace nanomdm::bench {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, QuantilesAreWithinTwoPercent) {
    Histogram histogram;
    for (int i = 1; i <= 100'000; ++i) histogram.record(nanoseconds{i * 1000LL});
    for (const double quantile : {0.001, 0.01, 0.5, 0.9, 0.99, 0.999}) {
        const double exact = quantile * 1e8;
        EXPECT_NEAR(static_cast<double>(histogram.quantile(quantile).count()), exact, exact * 0.02)
            << quantile;
    }
    EXPECT_EQ(histogram.quantile(1).count(), 100'000'000);
    EXPECT_EQ(histogram.count(), 100'000U);
}

TEST(Histogram, SmallAndHugeValuesHaveTheirPlace) {
    for (const long long value :
         {1LL, 2LL, 63LL, 64LL, 127LL, 128LL, 255LL, 256LL, 1'000'000'007LL, 9'000'000'000'000'000'000LL}) {
        Histogram histogram;
        histogram.record(nanoseconds{value});
        EXPECT_EQ(histogram.quantile(0.5).count(), value);
    }
}

TEST(Histogram, OneSlowRequestShowsInTheTailOnly) {
    Histogram histogram;
    for (int i = 0; i < 999; ++i) histogram.record(nanoseconds{1000});
    histogram.record(nanoseconds{5'000'000});
    EXPECT_LE(histogram.quantile(0.99).count(), 1020);
    EXPECT_EQ(histogram.max().count(), 5'000'000);
    EXPECT_GE(histogram.quantile(0.9995).count(), 4'900'000);
}

} // namespace
} // namespace nanomdm::bench
