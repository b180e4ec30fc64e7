// Durations as Go writes them.
#include "storage/mysql/go_duration.hpp"

#include <gtest/gtest.h>

namespace nanomdm::storage::mysql {
namespace {

using namespace std::chrono_literals;

TEST(GoDuration, AddsNumbersWithUnits) {
    EXPECT_EQ(parse_go_duration("30s"), 30s);
    EXPECT_EQ(parse_go_duration("1h2m3s"), 3723s);
    EXPECT_EQ(parse_go_duration("1.5h"), 5400s);
    EXPECT_EQ(parse_go_duration(".5s"), 500ms);
    EXPECT_EQ(parse_go_duration("250ms"), 250ms);
    EXPECT_EQ(parse_go_duration("7us"), 7us);
    EXPECT_EQ(parse_go_duration("7\xC2\xB5s"), 7us);
    EXPECT_EQ(parse_go_duration("7\xCE\xBCs"), 7us);
    EXPECT_EQ(parse_go_duration("9ns"), 9ns);
    EXPECT_EQ(parse_go_duration("0"), 0s);
    EXPECT_EQ(parse_go_duration("0s"), 0s);
}

TEST(GoDuration, RefusesWhatIsNone) {
    for (const auto* text : {"", "30", "s", "-1s", "+1s", "1 s", "1d", "1s ", "1sx", ".s", "1e3s", "nans",
                             "infs", "10001h", "99999999999999999999h", "0x1s"})
        EXPECT_EQ(parse_go_duration(text), std::nullopt) << text;
}

} // namespace
} // namespace nanomdm::storage::mysql
