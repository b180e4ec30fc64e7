// Reading a directory that somebody else wrote.
#include "migrate/nanomdm/directory.hpp"
#include "nanomdm/error.hpp"
#include "support/process/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::migrate {
namespace {

using testing::ElementsAre;

class StoreDirectory : public testing::Test {
protected:
    template <class Call> static Errc failure(Call call) {
        try {
            call();
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "did not fail";
        return Errc::internal;
    }

    const test::TempDir temp_;
    const Directory directory_ = Directory::open(temp_.path().string());
};

TEST_F(StoreDirectory, GivesFilesWhole) {
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 1'000'000U}) {
        const std::string bytes(size, '\xFF');
        temp_.write("file", bytes);
        EXPECT_EQ(directory_.file("file")->bytes, bytes) << size;
    }
    EXPECT_FALSE(directory_.file("absent"));
    EXPECT_FALSE(directory_.directory("absent"));
    EXPECT_FALSE(directory_.has("absent"));
}

TEST_F(StoreDirectory, WhatIsTooLargeIsRefusedUnread) {
    temp_.write("file", "12345");
    EXPECT_EQ(directory_.file("file", 5)->bytes, "12345");
    EXPECT_EQ(failure([this] { (void)directory_.file("file", 4); }), Errc::corrupt);
}

TEST_F(StoreDirectory, NamesLeadNowhereElse) {
    temp_.write("file", "secret");
    std::filesystem::create_directory(temp_ / "inner");
    const auto inner = directory_.directory("inner");
    ASSERT_TRUE(inner);
    for (const auto& name :
         {std::string{"../file"}, temp_.path().string() + "/file", std::string{".."}, std::string{"."},
          std::string{}, std::string{"a\0b", 3}, std::string(300, 'x')}) {
        EXPECT_FALSE(inner->file(name)) << name;
        EXPECT_FALSE(inner->has(name)) << name;
        EXPECT_FALSE(inner->directory(name)) << name;
    }
}

TEST_F(StoreDirectory, LinksAndDirectoriesAreNoFiles) {
    temp_.write("file", "");
    std::filesystem::create_symlink(temp_ / "file", temp_ / "link");
    std::filesystem::create_directory(temp_ / "inner");
    std::filesystem::create_directory_symlink(temp_ / "inner", temp_ / "inner-link");
    EXPECT_EQ(failure([this] { (void)directory_.file("link"); }), Errc::corrupt);
    EXPECT_EQ(failure([this] { (void)directory_.file("inner"); }), Errc::corrupt);
    EXPECT_EQ(failure([this] { (void)directory_.directory("inner-link"); }), Errc::corrupt);
    EXPECT_EQ(failure([this] { (void)directory_.directory("file"); }), Errc::corrupt);
    EXPECT_THAT(directory_.names(), ElementsAre("file", "inner", "inner-link", "link"));
}

TEST_F(StoreDirectory, ItCanBeListedMoreThanOnce) {
    temp_.write("b", "");
    temp_.write("a", "");
    EXPECT_THAT(directory_.names(), ElementsAre("a", "b"));
    EXPECT_THAT(directory_.names(), ElementsAre("a", "b"));
}

} // namespace
} // namespace nanomdm::migrate
