// -storage-options: typed, and nothing misspelled goes unnoticed.
#include "app/storage_settings.hpp"

#include "app/options.hpp"

#include <gtest/gtest.h>

namespace nanomdm::app {
namespace {

using namespace std::chrono_literals;

TEST(StorageSettings, AreTakenByTheirKind) {
    StorageSettings settings{"delete=1,retention=30d,pool=8"};
    EXPECT_TRUE(settings.take_boolean("delete"));
    EXPECT_EQ(settings.take_duration("retention"), 720h);
    EXPECT_EQ(settings.take_count("pool", 16, 100), 8U);
    EXPECT_NO_THROW(settings.expect_none_left("mysql"));
}

TEST(StorageSettings, WhatIsNotGivenHasItsDefault) {
    StorageSettings settings{""};
    EXPECT_FALSE(settings.take_boolean("delete"));
    EXPECT_EQ(settings.take_duration("conn_max_lifetime"), std::nullopt);
    EXPECT_EQ(settings.take_count("pool", 16, 100), 16U);
}

TEST(StorageSettings, OneThatNobodyKnowsIsNamed) {
    StorageSettings settings{"delete=1,retension=30d"};
    (void)settings.take_boolean("delete");
    try {
        settings.expect_none_left("mysql");
        FAIL() << "accepted";
    } catch (const UsageError& error) {
        EXPECT_STREQ(error.what(), "-storage-options: unknown option \"retension\" of the mysql storage");
    }
}

TEST(StorageSettings, NonsenseIsRefused) {
    EXPECT_THROW(StorageSettings{"delete"}, UsageError);
    EXPECT_THROW((void)StorageSettings{"delete=perhaps"}.take_boolean("delete"), UsageError);
    EXPECT_THROW((void)StorageSettings{"retention=soon"}.take_duration("retention"), UsageError);
    for (const auto* text : {"pool=0", "pool=-1", "pool=many", "pool=101", "pool=", "pool=9x"})
        EXPECT_THROW((void)StorageSettings{text}.take_count("pool", 16, 100), UsageError) << text;
}

} // namespace
} // namespace nanomdm::app
