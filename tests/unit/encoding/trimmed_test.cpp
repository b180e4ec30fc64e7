// What is taken off text, and what stays.
#include "encoding/trimmed.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

TEST(Trimmed, TakesBlanksOffBothEnds) {
    EXPECT_EQ(trimmed(" \ta b\t "), "a b");
    EXPECT_EQ(trimmed("a"), "a");
    EXPECT_EQ(trimmed(" a"), "a");
    EXPECT_EQ(trimmed("a "), "a");
}

TEST(Trimmed, NothingIsLeftOfBlanks) {
    EXPECT_EQ(trimmed(""), "");
    EXPECT_EQ(trimmed(" \t "), "");
}

TEST(Trimmed, LineEndsStayUnlessAskedFor) {
    EXPECT_EQ(trimmed(" a\r\n"), "a\r\n");
    EXPECT_EQ(trimmed("\r\n a \r\n", blanks_and_line_ends), "a");
}

} // namespace
} // namespace nanomdm
