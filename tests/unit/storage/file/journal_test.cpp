// The journal alone: torn tails, damage, group commit, recycling, push back.
#include "faulty_files.hpp"
#include "fixtures.hpp"
#include "storage/file/journal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace nanomdm::storage::file {
namespace {

constexpr JournalLimits small{
    .segment_bytes = 4096, .backlog_bytes = 1 << 20, .longest_wait = std::chrono::milliseconds{20}};

std::string record(const std::string& id) { return encode(CheckOutRecord{.at = 1, .id = id, .users = {}}); }

class JournalTest : public testing::Test {
protected:
    JournalTest() { std::filesystem::create_directory(directory_.store()); }

    [[nodiscard]] JournalReader reader() { return {files_, directory_.store().string()}; }
    [[nodiscard]] std::unique_ptr<Journal> open(JournalLimits limits = small) {
        return std::make_unique<Journal>(files_, directory_.store().string(), reader(), limits);
    }
    void write(Journal& journal, const std::string& id) { journal.wait_durable(journal.append(record(id))); }

    std::vector<std::string> replayed() {
        std::vector<std::string> ids;
        Lsn expected = 1;
        reader().replay(0, [&](Lsn lsn, const Record& one) {
            EXPECT_EQ(lsn, expected++);
            ids.push_back(std::get<CheckOutRecord>(one).id);
        });
        return ids;
    }
    std::filesystem::path segment(Lsn first) { return directory_.store() / segment_name(first); }

    TemporaryDirectory directory_;
    UnflushedFiles files_;
};

TEST_F(JournalTest, RecordsComeBackInOrderAcrossSegmentsAndRestarts) {
    std::vector<std::string> written;
    for (int run = 0; run < 3; ++run) {
        const auto journal = open();
        for (int i = 0; i < 100; ++i) {
            written.push_back(std::to_string(run) + std::string(static_cast<std::size_t>(i), 'x'));
            write(*journal, written.back());
        }
    }
    EXPECT_EQ(replayed(), written);
    EXPECT_GT(reader().segments().size(), 3u);
}

TEST_F(JournalTest, ATailTornAtAnyByteIsCutAndTheRestStays) {
    {
        const auto journal = open();
        write(*journal, "first");
        write(*journal, "second");
    }
    const std::string whole = contents(segment(1));
    const auto end = reader().segments().front().end;
    const auto last = end - Frame{.size = static_cast<std::uint32_t>(record("second").size())}.padded_size();
    for (auto cut = last; cut < end; ++cut) {
        overwrite(segment(1), whole.substr(0, cut));
        const bool is_padding_alone = cut >= last + Frame::bytes + record("second").size();
        EXPECT_EQ(reader().next(), 2u) << "file ends at " << cut;
        overwrite(segment(1), whole.substr(0, cut) + std::string(whole.size() - cut, '\0'));
        EXPECT_EQ(reader().next(), is_padding_alone ? 3u : reader().next());
        EXPECT_GE(reader().next(), 2u);
    }
    overwrite(segment(1), whole.substr(0, end - 9));
    { write(*open(), "third"); }
    EXPECT_EQ(replayed(), (std::vector<std::string>{"first", "third"}));
}

TEST_F(JournalTest, ADamagedRecordInFrontOfAGoodOneIsRefused) {
    {
        const auto journal = open();
        for (const char* id : {"first", "second", "third"}) write(*journal, id);
    }
    const std::string whole = contents(segment(1));
    const auto third = reader().segments().front().end -
                       Frame{.size = static_cast<std::uint32_t>(record("third").size())}.padded_size();
    for (std::size_t at = 0; at < third; ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        overwrite(segment(1), damaged);
        try {
            const auto found = reader();
            EXPECT_EQ(found.next(), 4u) << "byte " << at; // padding is not covered by a checksum
            EXPECT_EQ(whole[at], '\0');
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::corrupt);
            EXPECT_NE(std::string{error.what()}.find(segment(1).string()), std::string::npos);
            EXPECT_NE(std::string{error.what()}.find("at byte"), std::string::npos);
        }
    }
}

TEST_F(JournalTest, AGroupTornInItsMiddleIsATailAndNoDamage) {
    {
        const auto journal = open();
        write(*journal, "flushed");
        journal->append(record("a"));
        journal->append(record("b"));
        write(*journal, "c"); // one flush for the three
    }
    const auto size = [](const char* id) {
        return Frame{.size = static_cast<std::uint32_t>(record(id).size())}.padded_size();
    };
    std::string bytes = contents(segment(1));
    bytes.replace(size("flushed"), size("a"),
                  std::string(size("a"), '\0')); // its sector did not reach the disk
    overwrite(segment(1), bytes);
    EXPECT_EQ(reader().next(), 2u);
}

TEST_F(JournalTest, AMissingSegmentIsRefused) {
    {
        const auto journal = open();
        for (int i = 0; i < 200; ++i) write(*journal, std::string(100, 'x'));
    }
    const auto found = reader();
    ASSERT_GT(found.segments().size(), 3u);
    std::filesystem::remove(found.segments()[1].path);
    EXPECT_THROW(reader(), Error);
}

TEST_F(JournalTest, ARecordLargerThanASegmentIsKept) {
    const std::string large(100'000, 'L');
    {
        const auto journal = open();
        write(*journal, "before");
        write(*journal, large);
        write(*journal, "after");
    }
    EXPECT_EQ(replayed(), (std::vector<std::string>{"before", large, "after"}));
}

TEST_F(JournalTest, RecycledSegmentsDoNotBringBackTheirOldRecords) {
    auto journal = open();
    const auto checkpoint = [&] {
        const Lsn applied = journal->last();
        journal->wait_durable(journal->append(
            encode(CheckpointRecord{.at = 1, .applied = applied, .oldest_needed = applied + 1})));
        journal->drop_before(applied + 1);
    };
    for (int i = 0; i < 500; ++i) {
        write(*journal, std::string(100, 'x'));
        if (i % 50 == 49) checkpoint();
    }
    checkpoint();
    const Lsn last = journal->last();
    journal.reset();
    const auto found = reader();
    EXPECT_EQ(found.next(), last + 1);
    EXPECT_LE(found.segments().size(), 3u);
    EXPECT_EQ(found.checkpoint().applied, last - 1);
}

TEST_F(JournalTest, ThreadsShareFlushesAndEachRecordIsThereOnce) {
    constexpr int threads = 8;
    constexpr int each = 200;
    {
        const auto journal = open({.segment_bytes = 64 << 10});
        std::mutex order; // stands for the ledger's lock
        std::vector<std::jthread> all;
        for (int t = 0; t < threads; ++t) {
            all.emplace_back([&, t] {
                for (int i = 0; i < each; ++i) {
                    Lsn lsn = 0;
                    {
                        const std::lock_guard lock{order};
                        lsn = journal->append(record(std::to_string(t * each + i)));
                    }
                    journal->wait_durable(lsn);
                    EXPECT_TRUE(journal->is_durable(lsn));
                }
            });
        }
    }
    auto ids = replayed();
    EXPECT_EQ(ids.size(), std::size_t{threads} * each);
    std::ranges::sort(ids);
    EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
}

TEST_F(JournalTest, ABacklogOverTheLimitPushesBackUntilItIsSettled) {
    const auto journal =
        open({.segment_bytes = 4096, .backlog_bytes = 1000, .longest_wait = std::chrono::milliseconds{20}});
    write(*journal, std::string(2000, 'x'));
    try {
        journal->admit();
        FAIL() << "was let in";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::unavailable);
    }
    journal->settle(journal->position());
    EXPECT_NO_THROW(journal->admit());
}

/// A disk whose flush fails.
class BrokenFiles final : public UnflushedFiles {
public:
    bool is_broken = false;

protected:
    void sync_data(int) override {
        if (is_broken) throw std::system_error{EIO, std::generic_category(), "fdatasync"};
    }
};

TEST_F(JournalTest, AFailedFlushEndsTheProcessInsteadOfConfirming) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    BrokenFiles files;
    Journal journal{files, directory_.store().string(), reader(), small};
    EXPECT_DEATH(
        {
            files.is_broken = true;
            journal.wait_durable(journal.append(record("lost")));
            std::exit(0);
        },
        "journal cannot be written");
}

} // namespace
} // namespace nanomdm::storage::file
