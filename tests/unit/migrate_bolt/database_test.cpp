// Files of all shapes, read as they were written.
#include "samples.hpp"
#include "support/process/temp_dir.hpp"

#include <gtest/gtest.h>
#include <iterator>
#include <ranges>

namespace nanomdm::migrate::bolt {
namespace {

using namespace test;

class BoltDatabase : public testing::TestWithParam<BoltShape> {
protected:
    TempDir folder_;
    const std::filesystem::path path_ = folder_ / "test.db";
};

TEST_P(BoltDatabase, GivesWhatWasWritten) {
    const auto written = write_sample(path_, GetParam());
    const Database database{path_};
    EXPECT_EQ(read_all(database), written);
    EXPECT_EQ(database.bad_meta(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, BoltDatabase,
    testing::Values(BoltShape{}, BoltShape{.page_size = 512}, BoltShape{.page_size = 1024, .transaction = 8},
                    BoltShape{.page_size = 16384}, BoltShape{.page_size = 65536},
                    BoltShape{.page_size = 512, .first_page = 100, .has_inline_buckets = false},
                    // Five levels of branches.
                    BoltShape{.has_freelist = false, .has_inline_buckets = false, .elements_per_page = 2},
                    // More free pages than the header of a freelist can count, and offsets over 4 GiB.
                    BoltShape{.page_size = 65536, .first_page = 70'000}));

class BoltBuckets : public BoltDatabase {};

TEST_F(BoltBuckets, FindNoKeyThatIsNotThere) {
    BoltWriter file{path_, {.elements_per_page = 2}};
    auto& bucket = file.bucket("bucket");
    for (const auto* key : {"b", "d", "f", "h", "j"}) bucket.put(key, key);
    file.finish();
    const Database database{path_};
    const auto found = database.bucket("bucket").value();
    for (const auto* key : {"", "a", "bb", "c", "e", "g", "i", "k", "zzzz"})
        EXPECT_EQ(found.get(key), std::nullopt) << key;
    for (const auto* key : {"b", "d", "f", "h", "j"}) EXPECT_EQ(found.get(key), key);
    EXPECT_EQ(std::ranges::distance(found), 5);
}

TEST_F(BoltBuckets, AreNoValuesAndValuesNoBuckets) {
    write_sample(path_);
    const Database database{path_};
    EXPECT_FALSE(database.root().get("large"));
    EXPECT_FALSE(database.bucket("nothing"));
    EXPECT_FALSE(database.bucket("nested")->bucket("other"));
    EXPECT_TRUE(database.bucket("nested")->bucket("inner")->bucket("bucket"));
}

TEST_F(BoltBuckets, AreComparedAsUnsignedBytes) {
    BoltWriter file{path_};
    auto& bucket = file.bucket("bucket");
    const std::string keys[] = {std::string(1, '\0'), "\x7F", "\x80", "\xFF", "\xFF\xFF"};
    for (const auto& key : keys) bucket.put(key, key);
    file.finish();
    const Database database{path_};
    const auto found = database.bucket("bucket").value();
    std::size_t i = 0;
    for (const auto& entry : found) EXPECT_EQ(entry.key, keys[i++]);
    EXPECT_EQ(i, std::size(keys));
    EXPECT_EQ(found.get("\x80"), "\x80");
}

TEST_F(BoltBuckets, ADatabaseWithoutAnyIsRead) {
    BoltWriter{path_}.finish();
    EXPECT_EQ(read_all(Database{path_}), Contents{});
}

} // namespace
} // namespace nanomdm::migrate::bolt
