// Log lines as they reach standard error.
#include "log/log.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace nanomdm::log {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::string written(Level threshold, Format format, const std::function<void()>& write_lines) {
    ::testing::internal::CaptureStderr();
    configure(threshold, format);
    write_lines();
    flush();
    return ::testing::internal::GetCapturedStderr();
}

TEST(Log, TextLineHasLevelMessageAndFields) {
    const auto line = written(Level::info, Format::text, [] {
        info("check-in", {{"type", "Authenticate"}, {"id", "A B"}, {"empty", ""}});
    });
    EXPECT_THAT(line, ::testing::MatchesRegex("time=....-..-..T..:..:..\\....Z level=.*\n"));
    EXPECT_THAT(line, EndsWith(" level=info msg=\"check-in\" type=Authenticate id=\"A B\" empty=\"\"\n"));
}

TEST(Log, BelowTheThresholdNothingIsWritten) {
    EXPECT_EQ(written(Level::warning, Format::text, [] { info("quiet"); }), "");
    EXPECT_THAT(written(Level::debug, Format::text, [] { debug("loud"); }), HasSubstr("loud"));
}

TEST(Log, ValuesCannotForgeLinesOrMembers) {
    const auto line = written(Level::info, Format::text, [] {
        info("m", {{"id", "x\nlevel=info msg=\"forged\""}, {"other", "a\x1b[31m\\"}});
    });
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_THAT(line, HasSubstr(R"(id="x\nlevel=info msg=\"forged\"" other="a\x1b[31m\\")"));
}

TEST(Log, WhatSomeReadersTakeForLineBreaksIsEscaped) {
    const auto line = written(Level::info, Format::text, [] {
        info("m", {{"nel", "a\xC2\x85z"}, {"separator", "a\xE2\x80\xA8z"}, {"name", "J\xC3\xB6"}});
    });
    EXPECT_THAT(line, HasSubstr(R"(nel="a\xc2\x85z" separator="a\xe2\x80\xa8z" name=")"
                                "J\xC3\xB6"));
}

TEST(Log, TraceIdIsInEachLineOfItsScope) {
    const auto lines = written(Level::info, Format::text, [] {
        {
            const TraceScope scope{"0123456789abcdef"};
            info("inside");
        }
        info("outside");
    });
    const auto inside = lines.substr(0, lines.find('\n'));
    EXPECT_THAT(inside, HasSubstr("trace_id=0123456789abcdef"));
    EXPECT_THAT(lines.substr(inside.size()), Not(HasSubstr("trace_id")));
}

TEST(Log, JsonLinesAreObjects) {
    const auto line = written(Level::info, Format::json, [] {
        const TraceScope scope{"0123456789abcdef"};
        warning("m \"quoted\"", {{"id", "a\nb"}, {"bad", "\xff"}});
    });
    const auto object = nlohmann::json::parse(line);
    EXPECT_EQ(object["level"], "warning");
    EXPECT_EQ(object["msg"], "m \"quoted\"");
    EXPECT_EQ(object["id"], "a\nb");
    EXPECT_EQ(object["trace_id"], "0123456789abcdef");
    EXPECT_THAT(object["time"].get<std::string>(), ::testing::MatchesRegex("....-..-..T..:..:...*Z"));
}

} // namespace
} // namespace nanomdm::log
