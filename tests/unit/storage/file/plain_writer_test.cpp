// The order between the journal and the plain files while a pass writes them out.
#include "faulty_files.hpp"
#include "fixtures.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/file/store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace nanomdm::storage::file {
namespace {

/// Tells of the journal's flushes before they happen, and of every change to a plain file.
class WatchedFiles final : public UnflushedFiles {
public:
    std::function<void()> on_flush = [] {};
    std::function<void(const std::string& path)> on_change = [](const std::string&) {};
    std::function<void()> on_pass_flushed = [] {};

    void rename(const std::string& from, const std::string& to) override {
        changing(from);
        PosixFiles::rename(from, to);
    }
    void put_in_place(const std::string& from, const std::string& to) override {
        changing(from);
        PosixFiles::put_in_place(from, to);
    }
    bool remove(const std::string& path) override {
        changing(path);
        return PosixFiles::remove(path);
    }

    void sync_filesystem(const std::string&) override { on_pass_flushed(); }

protected:
    std::optional<int> open_descriptor(const std::string& path, OpenMode mode) override {
        if (mode != OpenMode::read && mode != OpenMode::update) changing(path);
        return PosixFiles::open_descriptor(path, mode);
    }
    void sync_data(int) override { on_flush(); }

private:
    void changing(const std::string& path) {
        const bool is_plain = path.find("/commands/") != std::string::npos ||
                              path.find("/enrollments/") != std::string::npos ||
                              path.find("/push-certificates/") != std::string::npos;
        if (is_plain) on_change(path);
    }
};

class PlainWriterTest : public testing::Test {
protected:
    FileOptions options() {
        FileOptions chosen{.directory = directory_.store()};
        chosen.journal.segment_bytes = 16 << 10;
        chosen.has_background_thread = false;
        chosen.files = &files_;
        return chosen;
    }
    void enroll(AllStorage& storage) {
        for (const auto& one : {mac_, phone_}) {
            storage.store_authenticate(authenticate(one), "");
            storage.store_token_update(token_update(one));
        }
    }
    static Lsn record(Store& store, const Record& one) {
        const std::lock_guard lock{store.ledger().mutex};
        return store.record(one);
    }
    static EnqueueRecord enqueued(const std::string& uuid) {
        return {.at = now(), .uuid = uuid, .request_type = "X", .body = shared_bytes(uuid), .ids = {"MAC"}};
    }

    const Enrollment mac_ = device("MAC");
    const Enrollment phone_ = device("PHONE");
    TemporaryDirectory directory_;
    WatchedFiles files_;
};

TEST_F(PlainWriterTest, NoPlainFileIsTouchedForARecordThatIsNotDurable) {
    {
        FileStorage storage{options()};
        enroll(storage);
        (void)storage.enqueue(command("finished"), std::vector{mac_.id});
    }
    Store store{options()};
    const Layout layout{directory_.store().string()};
    // Durable at the checkpoint's first look at the journal: this one. The others come during its flush,
    // early enough to be in the pass.
    record(store, enqueued("first"));
    Lsn late = 0;
    bool has_removed = false;
    files_.on_flush = [&] {
        if (late != 0) return;
        record(store, enqueued("late"));
        late = record(store, ReportRecord{.at = now(),
                                          .id = "MAC",
                                          .uuid = "finished",
                                          .status = "Acknowledged",
                                          .finishes = true,
                                          .is_kept = false,
                                          .drops_command = true,
                                          .raw = nullptr});
    };
    files_.on_change = [&](const std::string& path) {
        has_removed = has_removed || path == layout.command("finished") + ".plist";
        EXPECT_TRUE(store.journal().is_durable(late)) << path;
    };
    store.checkpoint();
    EXPECT_NE(late, 0u);
    EXPECT_TRUE(has_removed) << "the late records were not in the pass: nothing was tested";
}

TEST_F(PlainWriterTest, AStateAheadOfItsCommandsFilesIsCompletedFromTheJournalWithoutASnapshot) {
    FileStorage storage{options()};
    enroll(storage);
    (void)storage.enqueue(command("in the pass"), std::vector{mac_.id});
    // The pass writes commands first; this one comes too late for that, and early enough for MAC's state.
    bool is_enqueued = false;
    files_.on_change = [&](const std::string&) {
        if (std::exchange(is_enqueued, true)) return;
        EXPECT_EQ(storage.enqueue(command("ahead"), std::vector{mac_.id}).at(0), EnqueueOutcome::queued);
    };
    const std::filesystem::path killed = directory_.path() / "killed";
    const Layout layout{killed.string()};
    int flushes = 0;
    files_.on_pass_flushed = [&] {
        if (++flushes == 2)
            std::filesystem::copy(directory_.store(), killed, std::filesystem::copy_options::recursive);
    };
    storage.checkpoint();
    ASSERT_NE(contents(layout.enrollment("MAC") + "/state").find("pending=ahead"), std::string::npos);
    ASSERT_FALSE(std::filesystem::exists(layout.command("ahead") + ".ids"));
    ASSERT_FALSE(std::filesystem::exists(layout.snapshot()));

    EXPECT_EQ(findings(killed), "");
    auto chosen = options();
    chosen.directory = killed;
    FileStorage reopened{chosen};
    for (const char* uuid : {"in the pass", "ahead"}) {
        EXPECT_EQ(reopened.next_command(mac_.id, NotNow::candidates), command(uuid));
        EXPECT_TRUE(reopened.store_report(report(mac_, uuid, "Acknowledged")));
    }
}

} // namespace
} // namespace nanomdm::storage::file
