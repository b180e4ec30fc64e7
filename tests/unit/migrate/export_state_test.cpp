// An export's state survives whatever ends the export, and belongs to one target.
#include "migrate/export_state.hpp"
#include "nanomdm/error.hpp"
#include "support/process/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>

namespace nanomdm::migrate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const EnrollmentId a{"A"};
const EnrollmentId b{"B b"}; // with a blank
const EnrollmentId user{"A:user"};
const std::string url = "https://new.example.org/migration";

class ExportStateTest : public testing::Test {
protected:
    [[nodiscard]] std::filesystem::path file() const { return directory / "state"; }
    Errc refusal(const std::string& to = url) {
        try {
            const ExportState state{file(), to};
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "taken";
        return Errc::internal;
    }
    void append(const std::string& text) { std::ofstream{file(), std::ios::app} << text; }

    test::TempDir directory;
};

TEST_F(ExportStateTest, BeginsWithNothing) {
    const ExportState state{file(), url};
    EXPECT_FALSE(state.is_complete());
    EXPECT_EQ(state.after(), std::nullopt);
    EXPECT_THAT(state.failed(), IsEmpty());
    EXPECT_FALSE(state.has_been_tried(a));
    struct stat about {};
    ASSERT_EQ(::stat(file().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST_F(ExportStateTest, GoesOnWhereItStoppedInTheMiddleOfAPage) {
    {
        ExportState state{file(), url};
        state.finish_page(a);
        state.note_authenticated(b);
        state.note_finished(user);
        state.note_failed(EnrollmentId{"C"});
    }
    for (int again = 0; again < 2; ++again) {
        const ExportState state{file(), url};
        EXPECT_EQ(state.after(), a);
        EXPECT_TRUE(state.has_authenticated(b));
        EXPECT_FALSE(state.has_been_tried(b));
        EXPECT_TRUE(state.has_been_tried(user));
        EXPECT_THAT(state.failed(), ElementsAre(EnrollmentId{"C"}));
    }
}

TEST_F(ExportStateTest, WhatFailedStaysUntilItIsMended) {
    {
        ExportState state{file(), url};
        state.note_authenticated(a);
        state.note_authenticated(b);
        state.note_failed(a);
        state.note_finished(b);
        state.finish_page(b);
        state.finish_all();
        EXPECT_FALSE(state.has_authenticated(b)) << "of a page that is over";
    }
    {
        ExportState state{file(), url};
        EXPECT_TRUE(state.is_complete());
        EXPECT_THAT(state.failed(), ElementsAre(a));
        EXPECT_TRUE(state.has_authenticated(a)) << "or its queue would be cleared";
        state.note_finished(a);
    }
    const ExportState state{file(), url};
    EXPECT_TRUE(state.is_complete());
    EXPECT_THAT(state.failed(), IsEmpty());
}

TEST_F(ExportStateTest, ALineThatWasCutOffSaysNothing) {
    { ExportState{file(), url}.note_finished(a); }
    append("finished B");
    const ExportState state{file(), url};
    EXPECT_TRUE(state.has_been_tried(a));
    EXPECT_FALSE(state.has_been_tried(EnrollmentId{"B"}));
}

TEST_F(ExportStateTest, BelongsToOneTarget) {
    { const ExportState state{file(), url}; }
    EXPECT_EQ(refusal(url + "2"), Errc::conflict);
    EXPECT_NO_THROW((ExportState{file(), url})) << "the refusal has not touched it";
}

TEST_F(ExportStateTest, WhatIsNoStateIsLeftAlone) {
    append("my shopping list\nbutter\n");
    EXPECT_EQ(refusal(), Errc::corrupt);
    EXPECT_EQ(test::read_file(file()), "my shopping list\nbutter\n");
    std::filesystem::remove(file());
    append("");
    EXPECT_EQ(refusal(), Errc::corrupt);
    std::filesystem::remove(file());
    { const ExportState state{file(), url}; }
    append("butter A\n");
    EXPECT_EQ(refusal(), Errc::corrupt);
    std::filesystem::remove(file());
    std::filesystem::create_directory(file());
    EXPECT_EQ(refusal(), Errc::unavailable);
}

TEST_F(ExportStateTest, WithoutAFileNothingIsKept) {
    {
        ExportState state{{}, url};
        state.note_finished(a);
        state.finish_page(a);
        state.finish_all();
        EXPECT_TRUE(state.is_complete());
    }
    EXPECT_FALSE((ExportState{{}, url}.is_complete()));
}

TEST_F(ExportStateTest, ADirectoryThatIsNotThereIsAnError) {
    EXPECT_THROW((ExportState{directory / "none/state", url}), Error);
}

} // namespace
} // namespace nanomdm::migrate
