// Push tokens and their hexadecimal form.
#include "nanomdm/mdm/push_info.hpp"
#include "unit/plist/documents.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

using test::expect_invalid;

TEST(PushToken, IsLowerCaseHexadecimal) {
    EXPECT_EQ(PushToken{std::string("\x00\x7f\xab\xff", 4)}.hex(), "007fabff");
    EXPECT_EQ(PushToken::from_hex("007FabFf"), PushToken(std::string("\x00\x7f\xab\xff", 4)));
}

TEST(PushToken, HasOneToOneHundredTwentySevenBytes) {
    EXPECT_NO_THROW(PushToken{std::string(127, 'x')});
    expect_invalid([] { PushToken{std::string(128, 'x')}; }, "too long");
    expect_invalid([] { PushToken{""}; }, "empty");
    expect_invalid([] { (void)PushToken::from_hex(""); }, "empty hex");
}

TEST(PushToken, RefusesWhatIsNotHexadecimal) {
    for (const auto* bad : {"0", "0g", "abc", "0x01", " 01", "a\xc3"})
        expect_invalid([&] { (void)PushToken::from_hex(bad); }, bad);
}

} // namespace
} // namespace nanomdm
