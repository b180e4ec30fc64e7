// The report's bounds, and that it is safe to show.
#include "migrate/import_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace nanomdm::migrate {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const ImportReport& report) {
    std::ostringstream out;
    report.print(out);
    return out.str();
}

TEST(ImportReport, TheFirstIdsOfAReasonAreShownAndTheRestCounted) {
    ImportReport report;
    for (int i = 1; i <= 8; ++i)
        report.skip({ImportKind::device, "D" + std::to_string(i), "not enrolled", false});
    report.skip({ImportKind::user, "U1", "not enrolled", false});
    const auto text = text_of(report);
    EXPECT_THAT(text, HasSubstr("  8 devices, not enrolled: D1, D2, D3, D4, D5 and 3 more\n"));
    EXPECT_THAT(text, HasSubstr("  1 user, not enrolled: U1\n"));
    EXPECT_FALSE(report.has_failures());
}

TEST(ImportReport, WhatTheSourceHoldsCannotDisturbATerminal) {
    ImportReport report;
    report.skip({ImportKind::device, "a\x1b[2Jb\nc\x7f", "bad \r id", true});
    report.remark({ImportKind::device, std::string(5000, 'x'), "long"});
    const auto text = text_of(report);
    EXPECT_THAT(text, HasSubstr("1 device, bad \\x0d id: a\\x1b[2Jb\\x0ac\\x7f\n"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_LT(text.size(), 3000U);
    ImportReport other;
    other.skip({ImportKind::device, "Ä \xc2\x9b \x9b", "eh", false});
    EXPECT_THAT(text_of(other), HasSubstr("eh: Ä \\xc2\\x9b \\x9b\n"));
}

TEST(ImportReport, ReasonsThatAreAllDifferentDoNotPileUp) {
    ImportReport report;
    for (int i = 0; i < 10'000; ++i)
        report.skip({ImportKind::command, "C", "reason " + std::to_string(i), true});
    const auto text = text_of(report);
    EXPECT_LE(std::ranges::count(text, '\n'), 120);
    EXPECT_THAT(text, HasSubstr("9900 commands, for other reasons: "));
}

TEST(ImportReport, NothingToTellIsATableAlone) {
    ImportReport report;
    report.count(ImportKind::device, ImportedAs::unchanged, 100'000);
    const auto text = text_of(report);
    EXPECT_THAT(text, testing::ContainsRegex("devices +0 +0 +100000 +0 +0 +0\n"));
    EXPECT_THAT(text, Not(HasSubstr(":")));
}

} // namespace
} // namespace nanomdm::migrate
