// What <data> may hold, and what is no base64.
#include "plist/base64.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <utility>

namespace nanomdm::plist {
namespace {

TEST(Base64, TakesWhatAnEncoderWrites) {
    for (const auto* text : {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "+//+"})
        EXPECT_TRUE(is_base64(text)) << text;
}

TEST(Base64, TakesWhiteSpaceAnywhere) { EXPECT_TRUE(is_base64("\n\tZm 9v\r\n\tYg = =\n")); }

TEST(Base64, RefusesWhatADecoderWouldGuess) {
    for (const std::string_view bad :
         {"Zg", "Zg=", "Zg===", "Z===", "Zm9vY", "Zg==Zg==", "Zm-v", "Zm9v<", "===="})
        EXPECT_FALSE(is_base64(bad)) << bad;
}

} // namespace
} // namespace nanomdm::plist
