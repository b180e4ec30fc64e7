// Well-formed and malformed UTF-8 sequences at the edges of the table.
#include "encoding/utf8.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

TEST(Utf8, LengthOfWellFormedSequences) {
    EXPECT_EQ(utf8_sequence_length("a"), 1U);
    EXPECT_EQ(utf8_sequence_length(std::string_view{"\0", 1}), 1U);
    EXPECT_EQ(utf8_sequence_length("\xC2\x80"), 2U);
    EXPECT_EQ(utf8_sequence_length("\xE0\xA0\x80rest"), 3U);
    EXPECT_EQ(utf8_sequence_length("\xED\x9F\xBF"), 3U);
    EXPECT_EQ(utf8_sequence_length("\xF0\x90\x80\x80"), 4U);
    EXPECT_EQ(utf8_sequence_length("\xF4\x8F\xBF\xBF"), 4U);
}

TEST(Utf8, MalformedSequencesHaveNoLength) {
    for (const auto* text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2g", "\xE0\x9F\xBF", "\xED\xA0\x80",
                             "\xE2\x82", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
        EXPECT_EQ(utf8_sequence_length(text), 0U);
}

} // namespace
} // namespace nanomdm
