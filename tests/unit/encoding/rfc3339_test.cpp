// Times as text.
#include "encoding/rfc3339.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

TEST(Rfc3339, IsUtcWithAsManyDigitsAsAskedFor) {
    const Time time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 17h + 49min + 3s + 51200us};
    EXPECT_EQ(rfc3339(time), "2026-11-23T17:49:03Z");
    EXPECT_EQ(rfc3339(time, 3), "2026-11-23T17:49:03.051Z");
    EXPECT_EQ(rfc3339(time, 6), "2026-11-23T17:49:03.051200Z");
    EXPECT_EQ(rfc3339(time, 9), "2026-11-23T17:49:03.051200000Z");
}

TEST(Rfc3339, KnowsLeapDaysAndTimesBefore1970) {
    EXPECT_EQ(rfc3339(Time{std::chrono::sys_days{std::chrono::year{2028} / 2 / 29}}), "2028-02-29T00:00:00Z");
    EXPECT_EQ(rfc3339(Time{-1s}, 3), "1969-12-31T23:59:59.000Z");
}

} // namespace
} // namespace nanomdm
