// delete=1 and retention: what goes, and that nothing else does.
#include "faulty_files.hpp"
#include "fixtures.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/file/names.hpp"
#include "storage/file/result_files.hpp"
#include "storage/file/store.hpp"

#include <gtest/gtest.h>

namespace nanomdm::storage::file {
namespace {

namespace fs = std::filesystem;

class RetentionTest : public testing::Test {
protected:
    FileOptions options() {
        FileOptions chosen{.directory = directory_.store()};
        chosen.journal.segment_bytes = 16 << 10;
        chosen.has_background_thread = false;
        chosen.files = &files_;
        return chosen;
    }
    FileOptions deleting() {
        auto chosen = options();
        chosen.delete_finished = true;
        return chosen;
    }
    void enroll(AllStorage& storage) {
        for (const auto& one : {mac_, phone_}) {
            storage.store_authenticate(authenticate(one), "");
            storage.store_token_update(token_update(one));
        }
    }
    [[nodiscard]] bool has_command(const std::string& uuid) const {
        return fs::exists(layout_.command(uuid) + ".plist") || fs::exists(layout_.command(uuid) + ".ids");
    }
    [[nodiscard]] std::size_t result_files(const Enrollment& one) const {
        std::size_t count = 0;
        for (const auto& entry : fs::directory_iterator{layout_.enrollment(one.id.str())})
            count += ResultFiles::is_result_file(entry.path().filename().string()) ? 1 : 0;
        return count;
    }

    const Enrollment mac_ = device("MAC");
    const Enrollment phone_ = device("PHONE");
    const std::vector<EnrollmentId> both_{mac_.id, phone_.id};
    TemporaryDirectory directory_;
    const Layout layout_{directory_.store().string()};
    UnflushedFiles files_;
};

TEST_F(RetentionTest, DeleteKeepsACommandUntilTheLastEnrollmentAnswered) {
    FileStorage storage{deleting()};
    enroll(storage);
    (void)storage.enqueue(command("c"), both_);
    storage.checkpoint();
    EXPECT_TRUE(storage.store_report(report(mac_, "c", "Acknowledged")));
    storage.checkpoint();
    EXPECT_TRUE(has_command("c"));
    EXPECT_EQ(storage.next_command(phone_.id, NotNow::candidates), command("c"));
    EXPECT_TRUE(storage.store_report(report(phone_, "c", "Error")));
    storage.checkpoint();
    EXPECT_FALSE(has_command("c"));
    EXPECT_EQ(storage.result(mac_.id, CommandUuid{"c"}), std::nullopt);
    EXPECT_EQ(result_files(mac_), 0u);
    // The UUID is free again, with other bytes too.
    EXPECT_EQ(storage.enqueue(command("c", "<other>"), both_).at(0), EnqueueOutcome::queued);
    EXPECT_EQ(storage.next_command(mac_.id, NotNow::candidates)->raw, "<other>");
    storage.checkpoint();
    EXPECT_EQ(storage.next_command(mac_.id, NotNow::candidates)->raw, "<other>");
}

TEST_F(RetentionTest, DeleteForgetsNotNowResultsWithTheirCommandOnly) {
    {
        FileStorage storage{deleting()};
        enroll(storage);
        for (const char* uuid : {"a", "b"}) {
            (void)storage.enqueue(command(uuid), both_);
            EXPECT_TRUE(storage.store_report(report(mac_, uuid, "NotNow", uuid)));
        }
        storage.checkpoint();
        EXPECT_TRUE(storage.store_report(report(mac_, "a", "Acknowledged")));
        EXPECT_EQ(storage.result(mac_.id, CommandUuid{"a"}), std::nullopt);
        EXPECT_EQ(storage.result(mac_.id, CommandUuid{"b"})->raw, "b");
        storage.checkpoint();
        EXPECT_EQ(storage.result(mac_.id, CommandUuid{"a"}), std::nullopt);
        EXPECT_EQ(storage.result(mac_.id, CommandUuid{"b"})->raw, "b");
        EXPECT_TRUE(storage.store_report(report(mac_, "b", "Acknowledged")));
        storage.checkpoint();
        EXPECT_EQ(result_files(mac_), 0u);
    }
    EXPECT_EQ(findings(directory_.store()), "");
}

TEST_F(RetentionTest, DeleteDropsCommandsThatAuthenticateCleared) {
    FileStorage storage{deleting()};
    enroll(storage);
    (void)storage.enqueue(command("shared"), both_);
    (void)storage.enqueue(command("own"), std::vector{mac_.id});
    storage.store_authenticate(authenticate(mac_), "");
    storage.checkpoint();
    EXPECT_FALSE(has_command("own"));
    EXPECT_TRUE(has_command("shared"));
}

TEST_F(RetentionTest, RetentionDropsOldMonthsAndCommandsNobodyWaitsFor) {
    Store store{options()};
    Ledger& ledger = store.ledger();
    const Timestamp long_ago = now() - std::chrono::nanoseconds{std::chrono::hours{24 * 90}}.count();
    const auto record = [&](const Record& one) {
        const std::lock_guard lock{ledger.mutex};
        return store.record(one);
    };
    const auto token = [&](const Enrollment& one) {
        record(AuthenticateRecord{.at = long_ago,
                                  .id = one.id.str(),
                                  .serial_number = "",
                                  .identity_pem = nullptr,
                                  .raw = shared_bytes("a"),
                                  .users = {},
                                  .dropped_commands = {}});
    };
    token(mac_);
    token(phone_);
    const auto enqueue = [&](const std::string& uuid, Timestamp at) {
        record(EnqueueRecord{
            .at = at, .uuid = uuid, .request_type = "X", .body = shared_bytes(uuid), .ids = {"MAC"}});
    };
    const auto finish = [&](const std::string& uuid, Timestamp at) {
        record(ReportRecord{.at = at,
                            .id = "MAC",
                            .uuid = uuid,
                            .status = "Acknowledged",
                            .finishes = true,
                            .raw = shared_bytes("done")});
    };
    enqueue("old", long_ago);
    finish("old", long_ago);
    enqueue("old but pending", long_ago);
    enqueue("new", now());
    finish("new", now());
    store.checkpoint();
    ASSERT_EQ(result_files(mac_), 2u);

    Retention retention{files_, layout_, std::chrono::hours{24 * 30}};
    for (int step = 0; step < 600; ++step)
        retention.step(store); // more than there are enrollments and shelves
    store.checkpoint();
    EXPECT_EQ(result_files(mac_), 1u);
    EXPECT_FALSE(has_command("old"));
    EXPECT_TRUE(has_command("old but pending"));
    EXPECT_TRUE(has_command("new"));
}

} // namespace
} // namespace nanomdm::storage::file
