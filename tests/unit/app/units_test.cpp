// Durations and sizes as written on the command line.
#include "app/units.hpp"

#include "nanomdm/error.hpp"

#include <gtest/gtest.h>

namespace nanomdm::app {
namespace {

using namespace std::chrono_literals;

TEST(Units, DurationsAddUpTheirParts) {
    EXPECT_EQ(parse_duration("90"), 90s);
    EXPECT_EQ(parse_duration("90s"), 90s);
    EXPECT_EQ(parse_duration("1h30m"), 90min);
    EXPECT_EQ(parse_duration("7d"), 168h);
}

TEST(Units, NonsenseIsNoDuration) {
    for (const auto* text : {"", "s", "5x", "-5s", "5m-", "99999999999", "1.5h", " 5s"})
        EXPECT_THROW((void)parse_duration(text), Error) << text;
}

TEST(Units, DurationsReadBackAsWritten) {
    for (const auto* text : {"7d", "5m", "90s", "3h"}) EXPECT_EQ(to_text(parse_duration(text)), text);
}

TEST(Units, SizesArePowersOf1024) {
    EXPECT_EQ(parse_size("16777216"), 16U << 20);
    EXPECT_EQ(parse_size("16M"), 16U << 20);
    EXPECT_EQ(parse_size("16MiB"), 16U << 20);
    EXPECT_EQ(parse_size("64K"), 64U << 10);
    EXPECT_EQ(parse_size("1G"), 1U << 30);
    for (const auto* text : {"", "M", "16X", "-1", "16MM"})
        EXPECT_THROW((void)parse_size(text), Error) << text;
}

} // namespace
} // namespace nanomdm::app
