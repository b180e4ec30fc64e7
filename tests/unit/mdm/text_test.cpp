// Text rules: lengths in their unit, control characters, UTF-8.
#include "nanomdm/mdm/command.hpp"
#include "nanomdm/mdm/enrollment.hpp"
#include "nanomdm/mdm/message.hpp"
#include "unit/plist/documents.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

using test::expect_invalid;
using test::repeat;

template <class T> void expect_refused(const std::string& text) {
    expect_invalid([&] { T{text}; }, text);
}

TEST(Text, EnrollmentIdIsBoundedInBytes) {
    EXPECT_EQ(EnrollmentId{std::string(255, 'x')}.str().size(), 255U);
    expect_refused<EnrollmentId>(std::string(256, 'x'));
    expect_refused<EnrollmentId>(repeat("\xC3\xA9", 128));
}

TEST(Text, EnrollmentIdTakesAnyPrintableText) {
    for (const auto* id : {"../../etc/passwd", "a/b", "it's \"quoted\"", "\xF0\x9F\x98\x80", "a b", "%2e%2e"})
        EXPECT_EQ(EnrollmentId{id}.str(), id);
}

TEST(Text, EnrollmentIdRefusesEmptyControlsAndBadUtf8) {
    using namespace std::string_literals;
    for (const auto& id : {""s, "a\nb"s, "a\0b"s, "\x7f"s, "\xc2\x80"s, "a\xc2\x9f"s, "\xff"s, "\xc3"s,
                           "\xed\xa0\x80"s, "\xc0\xaf"s})
        expect_refused<EnrollmentId>(id);
}

TEST(Text, OtherFieldsAreBoundedInCharacters) {
    EXPECT_NO_THROW(CommandUuid{repeat("\xE2\x82\xAC", 127)});
    expect_refused<CommandUuid>(repeat("\xE2\x82\xAC", 128));
    expect_refused<RequestType>(std::string(64, 'x'));
    expect_refused<ReportStatus>(std::string(32, 'x'));
    expect_refused<PushMagic>(std::string(128, 'x'));
    expect_refused<Topic>(std::string(256, 'x'));
    expect_refused<SerialNumber>(std::string(128, 'x'));
    expect_refused<UserName>(std::string(256, 'x'));
    EXPECT_NO_THROW(SerialNumber{""});
    EXPECT_NO_THROW(UserName{""});
}

} // namespace
} // namespace nanomdm
