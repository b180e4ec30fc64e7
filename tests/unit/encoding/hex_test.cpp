// Hexadecimal digits.
#include "encoding/hex.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

TEST(Hex, LowerCaseOutEitherCaseIn) {
    EXPECT_EQ(to_hex(std::string_view{"\x00\xAF\x09", 3}), "00af09");
    EXPECT_EQ(from_hex("00aF09"), (std::string{"\x00\xAF\x09", 3}));
    EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, AnythingElseIsRefused) {
    for (const auto* text : {"0", "0g", "g0", " 0", "0x", "00 "}) EXPECT_FALSE(from_hex(text)) << text;
}

} // namespace
} // namespace nanomdm
