// The journal where room runs out: on the disk, in the backlog, in a record; and what a start finds of that.
#include "faulty_files.hpp"
#include "fixtures.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/file/journal.hpp"
#include "storage/file/store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <future>
#include <map>
#include <set>
#include <system_error>
#include <thread>

namespace nanomdm::storage::file {
namespace {

constexpr JournalLimits small{.segment_bytes = 4096};

std::string record(const std::string& id) { return encode(CheckOutRecord{.at = 1, .id = id, .users = {}}); }

/// A disk that can be full: files may be made and overwritten, none grows. Knows which were flushed.
class LimitedFiles final : public UnflushedFiles {
public:
    std::atomic<bool> is_full{false};
    std::set<std::string> synced; ///< of one thread's tests

protected:
    std::optional<int> open_descriptor(const std::string& path, OpenMode mode) override {
        const auto descriptor = PosixFiles::open_descriptor(path, mode);
        const std::lock_guard lock{mutex_};
        if (descriptor) paths_[*descriptor] = path;
        return descriptor;
    }
    void write_at(int descriptor, std::string_view bytes, std::uint64_t offset) override {
        if (is_full && offset + bytes.size() > size(descriptor)) fail();
        PosixFiles::write_at(descriptor, bytes, offset);
    }
    void append(int descriptor, std::string_view bytes) override {
        if (is_full) {
            PosixFiles::append(descriptor, bytes.substr(0, bytes.size() / 2));
            fail();
        }
        PosixFiles::append(descriptor, bytes);
    }
    void sync_data(int descriptor) override {
        const std::lock_guard lock{mutex_};
        synced.insert(paths_[descriptor]);
    }

private:
    [[noreturn]] static void fail() { throw std::system_error{ENOSPC, std::generic_category(), "write"}; }
    std::mutex mutex_;
    std::map<int, std::string> paths_;
};

class JournalLimitsTest : public testing::Test {
protected:
    JournalLimitsTest() { std::filesystem::create_directory(directory_.store()); }

    [[nodiscard]] JournalReader reader() { return {files_, directory_.store().string()}; }
    [[nodiscard]] std::unique_ptr<Journal> open(JournalLimits limits = small) {
        return std::make_unique<Journal>(files_, directory_.store().string(), reader(), limits);
    }
    static void write(Journal& journal, const std::string& id) {
        journal.wait_durable(journal.append(record(id)));
    }
    [[nodiscard]] std::size_t file_count() const {
        using Walk = std::filesystem::directory_iterator;
        return static_cast<std::size_t>(std::distance(Walk{directory_.store()}, Walk{}));
    }
    static void expect_refused(Journal& journal) {
        try {
            journal.admit();
            ADD_FAILURE() << "was let in";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::unavailable);
        }
    }

    TemporaryDirectory directory_;
    LimitedFiles files_;
};

TEST_F(JournalLimitsTest, AFullDiskRefusesWhatIsNewKeepsWhatWasLetInAndRecovers) {
    auto journal = open();
    journal->prepare_spare();
    files_.is_full = true;
    const std::string large(2500, 'x'); // one to a segment
    write(*journal, large);
    EXPECT_NO_THROW(journal->admit());
    write(*journal, large); // takes a spare
    journal->prepare_spare();
    expect_refused(*journal);
    EXPECT_TRUE(journal->is_disk_full());
    write(*journal, large); // let in before: takes the last spare
    const auto before = file_count();
    for (int i = 0; i < 10; ++i) journal->prepare_spare();
    EXPECT_EQ(file_count(), before) << "unfinished spares were left behind";
    expect_refused(*journal);

    // The plain files have caught up, and closed segments are used again.
    journal->wait_durable(
        journal->append(encode(CheckpointRecord{.at = 1, .applied = 3, .oldest_needed = 4})));
    journal->drop_before(4);
    journal->prepare_spare();
    EXPECT_NO_THROW(journal->admit());
    write(*journal, large);
    EXPECT_EQ(reader().next(), 6u);
}

TEST_F(JournalLimitsTest, AGroupLargerThanWhatIsLeftWaitsForSpaceInsteadOfEndingTheProcess) {
    auto journal = open();
    files_.is_full = true;
    auto written = std::async(std::launch::async, [&] { write(*journal, std::string(100'000, 'x')); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!journal->is_disk_full() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    expect_refused(*journal);
    EXPECT_FALSE(journal->is_durable(1));
    files_.is_full = false;
    written.get();
    EXPECT_TRUE(journal->is_durable(1));
    EXPECT_EQ(reader().next(), 2u);
}

TEST_F(JournalLimitsTest, AStoreOnAFullDiskCanBeOpenedWithTheSparesOfTheRunBefore) {
    {
        const auto journal = open();
        journal->prepare_spare();
        write(*journal, "before");
    }
    files_.is_full = true;
    const auto journal = open();
    write(*journal, "after");
    EXPECT_EQ(reader().next(), 3u);
}

TEST_F(JournalLimitsTest, LastSeenIsNotRecordedWhileTheDiskIsFull) {
    FileOptions options{.directory = directory_.path() / "whole"};
    options.has_background_thread = false;
    options.files = &files_;
    Store store{options};
    {
        const std::lock_guard lock{store.ledger().mutex};
        store.touch(store.ledger().index.find_or_add("MAC"));
    }
    files_.is_full = true;
    store.journal().prepare_spare();
    store.record_last_seen();
    EXPECT_EQ(store.journal().last(), 0u);
    files_.is_full = false;
    store.journal().prepare_spare();
    store.record_last_seen();
    EXPECT_EQ(store.journal().last(), 1u);
}

TEST_F(JournalLimitsTest, AStoreDoesNotAnswerProbesWhileTheDiskIsFull) {
    FileOptions options{.directory = directory_.path() / "whole"};
    options.files = &files_;
    options.journal = small;
    FileStorage storage{options};
    // One that was asked just before the disk was found full waits for it, as a probe may; hence the second.
    std::vector<std::future<bool>> asked;
    const auto answers = [&storage, &asked] {
        asked.push_back(std::async(std::launch::async, [&storage] {
            try {
                storage.ping();
                return true;
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), Errc::unavailable);
                return false;
            }
        }));
        auto& answer = asked.back();
        return answer.wait_for(std::chrono::seconds{1}) == std::future_status::ready && answer.get();
    };
    EXPECT_TRUE(answers());
    const auto await = [&answers](bool wanted) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (answers() != wanted && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        EXPECT_EQ(answers(), wanted);
    };
    const auto store_some = [&storage] {
        storage.store_push_certificate({Topic{"com.example"}, std::string(2500, 'x'), "key"});
    };
    store_some();
    files_.is_full = true;
    auto stored = std::async(std::launch::async, store_some); // one to a segment: takes a new one
    await(false);
    files_.is_full = false;
    stored.get();
    await(true);
}

TEST_F(JournalLimitsTest, OnlyAFewWaitForThePlainFilesTheRestAreRefusedAtOnce) {
    auto journal =
        open({.segment_bytes = 4096, .backlog_bytes = 1000, .longest_wait = std::chrono::minutes{10}});
    write(*journal, std::string(2000, 'x'));
    std::atomic<int> refused{0};
    std::atomic<int> let_in{0};
    {
        std::vector<std::jthread> all;
        for (int i = 0; i < 12; ++i) {
            all.emplace_back([&] {
                try {
                    journal->admit();
                    ++let_in;
                } catch (const Error& error) {
                    EXPECT_EQ(error.code(), Errc::unavailable);
                    ++refused;
                }
            });
        }
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (refused < 8 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        EXPECT_EQ(refused, 8);
        EXPECT_EQ(let_in, 0);
        journal->settle(journal->position());
    }
    EXPECT_EQ(let_in, 4);
}

TEST_F(JournalLimitsTest, AFullLastSegmentIsFlushedBeforeItsRecordsCountAsDurable) {
    const std::size_t fits = 4096 - Frame::bytes - record("").size();
    { write(*open(), std::string(fits, 'x')); }
    const auto found = reader();
    ASSERT_EQ(found.segments().back().end, found.segments().back().size);
    files_.synced.clear();
    const auto journal = open();
    EXPECT_TRUE(journal->is_durable(1));
    EXPECT_TRUE(files_.synced.contains(found.segments().back().path));
}

TEST_F(JournalLimitsTest, FilesOfOthersInTheJournalsDirectoryStay) {
    const auto note = directory_.store() / "README-by-the-administrator";
    const auto unfinished = directory_.store() / "spare-7";
    overwrite(note, "do not touch");
    overwrite(unfinished, "half");
    { write(*open(), "x"); }
    EXPECT_EQ(contents(note), "do not touch");
    EXPECT_FALSE(std::filesystem::exists(unfinished));
}

TEST_F(JournalLimitsTest, AFrameWhoseChecksumIsZeroIsAFrame) {
    const Frame frame{.size = 5, .lsn = 7, .place_in_group = 0, .record_crc = 0x7bcd8cc4};
    std::string bytes;
    frame.append_to(bytes);
    ASSERT_EQ(bytes.substr(0, 4), std::string(4, '\0'));
    const auto decoded = Frame::decoded(bytes);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->lsn, 7u);
    EXPECT_FALSE(Frame::decoded(std::string(Frame::bytes, '\0')).has_value());
}

} // namespace
} // namespace nanomdm::storage::file
