// Base64: RFC 4648's vectors, and what is no base64.
#include "plist/base64.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <utility>

namespace nanomdm::plist {
namespace {

TEST(Base64, EncodesTheVectorsOfRfc4648) {
    using Vector = std::pair<std::string_view, std::string_view>;
    for (const auto& [bytes, encoded] :
         {Vector{"", ""}, Vector{"f", "Zg=="}, Vector{"fo", "Zm8="}, Vector{"foo", "Zm9v"},
          Vector{"foob", "Zm9vYg=="}, Vector{"fooba", "Zm9vYmE="}, Vector{"foobar", "Zm9vYmFy"}}) {
        std::string text;
        append_base64(text, bytes);
        EXPECT_EQ(text, encoded);
        EXPECT_TRUE(is_base64(text));
    }
}

TEST(Base64, EncodesBytesOverSevenBits) {
    std::string text;
    append_base64(text, "\xFB\xFF\xFE");
    EXPECT_EQ(text, "+//+");
}

TEST(Base64, TakesWhiteSpaceAnywhere) { EXPECT_TRUE(is_base64("\n\tZm 9v\r\n\tYg = =\n")); }

TEST(Base64, RefusesWhatADecoderWouldGuess) {
    for (const std::string_view bad :
         {"Zg", "Zg=", "Zg===", "Z===", "Zm9vY", "Zg==Zg==", "Zm-v", "Zm9v<", "===="})
        EXPECT_FALSE(is_base64(bad)) << bad;
}

} // namespace
} // namespace nanomdm::plist
