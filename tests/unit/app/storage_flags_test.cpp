// -storage and what belongs to it, once and several times.
#include "app/storage_flags.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::app {
namespace {

using testing::HasSubstr;

std::string complaint(const StorageFlags& flags) {
    try {
        (void)storages(flags);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "none";
}

TEST(StorageFlags, NoneMeansTheDefault) {
    const auto all = storages({});
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].backend, "file");
    EXPECT_EQ(all[0].dsn, "");
    EXPECT_FALSE(all[0].chosen);
}

TEST(StorageFlags, ADsnAloneIsTheDefaultBackends) {
    EXPECT_EQ(storages({.dsns = {"dir"}})[0].dsn, "dir");
    EXPECT_EQ(storages({.older_dsns = {"dir"}})[0].dsn, "dir");
}

TEST(StorageFlags, GoTogetherInTheOrderGiven) {
    const auto all = storages({.backends = {"mysql", "file"},
                               .dsns = {"user@/one", "two"},
                               .settings = {"pool=4", ""},
                               .migrate_schema = true});
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].backend, "mysql");
    EXPECT_EQ(all[0].dsn, "user@/one");
    EXPECT_EQ(all[0].settings, "pool=4");
    EXPECT_TRUE(all[0].migrate_schema);
    EXPECT_EQ(all[1].backend, "file");
    EXPECT_EQ(all[1].dsn, "two");
    EXPECT_EQ(all[1].settings, "");
}

TEST(StorageFlags, OtherNumbersAreRefused) {
    EXPECT_EQ(complaint({.backends = {"mysql", "file"}, .dsns = {"one"}}),
              "-storage-dsn: given 1 times for 2 storages");
    EXPECT_EQ(complaint({.backends = {"file"}, .dsns = {"one", "two"}}),
              "-storage-dsn: given 2 times for 1 storage");
    EXPECT_THAT(complaint({.backends = {"file", "file"}, .dsns = {"one", "two"}, .settings = {"delete=1"}}),
                HasSubstr("-storage-options: "));
}

TEST(StorageFlags, AStorageDoesNotFollowItself) {
    EXPECT_EQ(complaint({.backends = {"file", "file"}, .dsns = {"one", "one"}}),
              "-storage: the same file storage twice");
    EXPECT_EQ(complaint({.backends = {"file", "inmem", "inmem"}, .dsns = {"one", "", ""}}), "none");
}

} // namespace
} // namespace nanomdm::app
