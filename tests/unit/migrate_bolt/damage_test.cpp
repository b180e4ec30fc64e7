// Damaged files: an error that says where, or what is right all the same; never anything else.
#include "nanomdm/error.hpp"
#include "samples.hpp"
#include "support/process/temp_dir.hpp"

#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <optional>
#include <set>
#include <unistd.h>

namespace nanomdm::migrate::bolt {
namespace {

using namespace test;

constexpr std::size_t page_size = 512;
constexpr std::size_t meta = 16, meta_version = meta + 4, meta_page_size = meta + 8, meta_root = meta + 16,
                      meta_freelist = meta + 32, meta_high_water = meta + 40;

class DamagedBolt : public testing::Test {
protected:
    void SetUp() override {
        written_ = write_sample(path_, {.page_size = page_size, .first_page = 4});
        file_ = read_file(path_);
        // Of two metas with the same content the first has the lower transaction.
        root_ = load<std::uint64_t>(file_, meta_root);
        freelist_ = load<std::uint64_t>(file_, meta_freelist);
        high_water_ = load<std::uint64_t>(file_, meta_high_water);
    }

    template <class T> void set(std::size_t at, T value) {
        std::memcpy(file_.data() + at, &value, sizeof value);
    }
    template <class T> void set_in_metas(std::size_t at, T value) {
        for (const std::size_t page : {std::size_t{0}, page_size}) {
            set(page + at, value);
            seal_bolt_meta(file_, page);
        }
    }

    /// The page of an element of a leaf that holds buckets.
    [[nodiscard]] std::size_t element(PageId page, std::size_t i) const {
        return static_cast<std::size_t>(page) * page_size + 16 + i * 16;
    }
    [[nodiscard]] std::size_t content(std::size_t at_element) const {
        return at_element + load<std::uint32_t>(file_, at_element + 4);
    }
    /// Where the value begins.
    [[nodiscard]] std::size_t value(std::size_t at_element) const {
        return content(at_element) + load<std::uint32_t>(file_, at_element + 8);
    }
    /// The root's elements are empty, large, nested, small.
    [[nodiscard]] PageId large_root() const { return load<std::uint64_t>(file_, value(element(root_, 1))); }

    Contents read() {
        folder_.write("test.db", file_);
        return read_all(Database{path_});
    }

    void expect_corrupt(const std::string& text) {
        try {
            static_cast<void>(read());
            ADD_FAILURE() << "taken, and not: " << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::corrupt);
            EXPECT_NE(std::string{error.what()}.find(text), std::string::npos) << error.what();
        }
    }
    static std::string place(PageId page) {
        return "page " + std::to_string(page) + " at offset " + std::to_string(page * page_size);
    }

    TempDir folder_;
    const std::filesystem::path path_ = folder_ / "test.db";
    Contents written_;
    std::string file_;
    PageId root_ = 0;
    PageId freelist_ = 0;
    PageId high_water_ = 0;
};

TEST_F(DamagedBolt, AForeignFileIsCalledForeign) {
    file_ = "SQLite format 3" + std::string(100'000, '\0');
    expect_corrupt("is not a Bolt database");
    file_ = "{}";
    expect_corrupt("is not a Bolt database");
}

TEST_F(DamagedBolt, ANewerVersionIsNamed) {
    set_in_metas(meta_version, std::uint32_t{3});
    expect_corrupt("format this server does not read: meta page 0 at offset 0 is of version 3");
}

TEST_F(DamagedBolt, WithOneTornMetaTheOtherCounts) {
    for (const std::size_t torn : {std::size_t{0}, page_size}) {
        const auto whole = file_;
        set(torn + meta_high_water, std::uint64_t{1});
        folder_.write("test.db", file_);
        const Database database{path_};
        EXPECT_EQ(read_all(database), written_);
        EXPECT_NE(database.bad_meta().find("has a wrong checksum"), std::string::npos) << database.bad_meta();
        file_ = whole;
    }
}

TEST_F(DamagedBolt, WithBothMetasTornItIsRefused) {
    set(meta_root, std::uint64_t{5});
    set(page_size + meta_root, std::uint64_t{5});
    expect_corrupt(
        "both metas are damaged: meta page 0 at offset 0 has a wrong checksum; meta page 1 at offset "
        "512 has a wrong checksum");
}

TEST_F(DamagedBolt, TheMetaOfTheLaterTransactionCounts) {
    // Before it, the bucket «large» was all there was.
    set(meta_root, large_root());
    seal_bolt_meta(file_, 0);
    EXPECT_EQ(read(), written_);
    set(page_size + meta, std::uint32_t{0});
    EXPECT_EQ(read().size(), 60U);
}

TEST_F(DamagedBolt, AnImpossiblePageSizeIsRefused) {
    set_in_metas(meta_page_size, std::uint32_t{0});
    expect_corrupt("has a page size of 0");
    set_in_metas(meta_page_size, std::uint32_t{513});
    expect_corrupt("has a page size of 513");
}

TEST_F(DamagedBolt, AMetaThatNamesPagesBehindTheEndIsRefused) {
    set_in_metas(meta_high_water, ~std::uint64_t{0});
    expect_corrupt("is cut off");
    set_in_metas(meta_high_water, high_water_);
    set_in_metas(meta_root, high_water_);
    expect_corrupt("the meta names page " + std::to_string(high_water_));
    set_in_metas(meta_root, std::uint64_t{1});
    expect_corrupt("the meta names page 1");
}

TEST_F(DamagedBolt, APageWithAnotherNumberIsRefused) {
    set(large_root() * page_size, std::uint64_t{77});
    expect_corrupt(place(large_root()) + " calls itself 77");
}

TEST_F(DamagedBolt, APageOfAnotherKindIsRefused) {
    for (const auto flags : std::initializer_list<std::uint16_t>{0x00, 0x04, 0x10, 0x03, 0x8002}) {
        set(large_root() * page_size + 8, flags);
        expect_corrupt(place(large_root()) + " should be");
    }
    set(large_root() * page_size + 8, std::uint16_t{0x01});
    set(freelist_ * page_size + 8, std::uint16_t{0x02});
    expect_corrupt(place(freelist_) + " should be the freelist");
}

TEST_F(DamagedBolt, ACycleOfPagesIsRefused) {
    // The first child of the branch «large» is the branch itself.
    set(element(large_root(), 0) + 8, large_root());
    expect_corrupt(place(large_root()) + " is used twice");
}

TEST_F(DamagedBolt, APageInTwoBucketsIsRefused) {
    set(value(element(root_, 2)), large_root());
    expect_corrupt(place(large_root()) + " is used twice");
}

TEST_F(DamagedBolt, APageThatIsFreeAndInUseIsRefused) {
    set(freelist_ * page_size + 16, large_root());
    expect_corrupt(place(freelist_) + " names page " + std::to_string(large_root()) + ", which is in use");
    set(freelist_ * page_size + 16, high_water_);
    expect_corrupt("which is none");
    set(freelist_ * page_size + 10, std::uint16_t{60000});
    expect_corrupt("has no room for its 60000 free pages");
}

TEST_F(DamagedBolt, KeysOutOfOrderAreRefused) {
    file_[content(element(root_, 1))] = 'z';
    expect_corrupt(place(root_) + " has element 2 out of order");
}

TEST_F(DamagedBolt, AKeyInTheWrongPageIsRefused) {
    const auto second = load<std::uint64_t>(file_, element(large_root(), 1) + 8);
    file_[content(element(second, 0))] = 'a';
    expect_corrupt(place(second) + " has element 0 that belongs into another page");
}

TEST_F(DamagedBolt, ElementsOutsideTheirPageAreRefused) {
    set(element(root_, 1) + 12, std::uint32_t{0xFFFFFFFF});
    expect_corrupt(place(root_) + " has element 1 outside its bounds");
    set(element(root_, 0) + 4, std::uint32_t{0xFFFFFFF0});
    expect_corrupt(place(root_) + " has element 0 outside its bounds");
    set(root_ * page_size + 10, std::uint16_t{0xFFFF});
    expect_corrupt(place(root_) + " has no room for its 65535 elements");
}

TEST_F(DamagedBolt, OverlappingElementsAreRefused) {
    set(element(root_, 1) + 4, load<std::uint32_t>(file_, element(root_, 0) + 4) - 16);
    expect_corrupt(place(root_) + " has element 1 not behind the one before");
}

TEST_F(DamagedBolt, AnOverflowBehindTheEndIsRefused) {
    set(large_root() * page_size + 12, std::uint32_t{0xFFFFFFFF});
    expect_corrupt(place(large_root()) + " overflows the end of the file");
}

TEST_F(DamagedBolt, ABucketThatNamesNoPageIsRefused) {
    set(value(element(root_, 1)), std::uint64_t{1} << 60);
    expect_corrupt(place(root_) + " names page 1152921504606846976, which is none");
}

TEST_F(DamagedBolt, ABucketTooDeepIsRefused) {
    BoltWriter file{path_};
    auto bucket = std::make_unique<BoltBucket>(file);
    for (int depth = 0; depth < 100; ++depth) {
        auto outer = std::make_unique<BoltBucket>(file);
        outer->put("bucket", std::move(*bucket));
        bucket = std::move(outer);
    }
    file.root().put("bucket", std::move(*bucket));
    file.finish();
    file_ = read_file(path_);
    expect_corrupt("lies too deep");
}

TEST_F(DamagedBolt, CutOffAnywhereItIsRefused) {
    const auto needed = high_water_ * page_size;
    ASSERT_EQ(file_.size(), needed);
    for (auto length = needed; length-- > 0;) {
        ASSERT_EQ(::truncate(path_.c_str(), static_cast<off_t>(length)), 0);
        try {
            const Database database{path_};
            FAIL() << "taken with " << length << " bytes";
        } catch (const Error& error) {
            ASSERT_EQ(error.code(), Errc::corrupt) << error.what();
        }
    }
}

/// The names of the top-level buckets and what is in them, for comparing one by one.
std::set<std::string> differing_buckets(const Contents& one, const Contents& other) {
    std::set<std::string> names;
    const auto compare = [&](const Contents& from, const Contents& with) {
        for (const auto& [path, value] : from) {
            const auto found = with.find(path);
            if (found == with.end() || found->second != value) names.insert(path.substr(0, path.find('/')));
        }
    };
    compare(one, other);
    compare(other, one);
    return names;
}

TEST_F(DamagedBolt, WithAnyByteChangedItIsRefusedOrWrongInOnePlace) {
    std::size_t refused = 0;
    std::size_t equal = 0;
    const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    for (std::size_t at = 0; at < file_.size(); ++at) {
        constexpr int changes[] = {0x01, 0xFF, 0x80};
        const auto byte = static_cast<char>(file_[at] ^ changes[at % 3]);
        ASSERT_EQ(::pwrite(descriptor, &byte, 1, static_cast<off_t>(at)), 1);
        try {
            const auto contents = read_all(Database{path_});
            equal += contents == written_;
            // Nothing in the format vouches for the bytes of a key or value: a key's change shows under both
            // names.
            ASSERT_LE(differing_buckets(contents, written_).size(), 2U) << "byte " << at;
        } catch (const Error& error) {
            ASSERT_EQ(error.code(), Errc::corrupt) << error.what();
            ++refused;
        }
        ASSERT_EQ(::pwrite(descriptor, &file_[at], 1, static_cast<off_t>(at)), 1);
    }
    ::close(descriptor);
    EXPECT_GT(refused, 500U);
    EXPECT_GT(equal, 500U);
}

} // namespace
} // namespace nanomdm::migrate::bolt
