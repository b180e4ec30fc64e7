// The store as a directory: lock, VERSION, foreign directories, snapshots, what is readable, what -check
// finds.
#include "faulty_files.hpp"
#include "fixtures.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/file/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <sys/stat.h>
#include <utility>

namespace nanomdm::storage::file {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class StoreTest : public testing::Test {
protected:
    std::unique_ptr<FileStorage> open() {
        FileOptions options{.directory = directory_.store()};
        options.journal.segment_bytes = 16 << 10;
        options.has_background_thread = false;
        options.files = &files_;
        return std::make_unique<FileStorage>(options);
    }
    void expect_refused(Errc code, const std::string& why) {
        try {
            open();
            FAIL() << "was opened";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), code);
            EXPECT_THAT(error.what(), HasSubstr(why));
        }
    }
    void fill() {
        const auto storage = open();
        storage->store_authenticate(authenticate(mac_), "pem");
        storage->store_token_update(token_update(mac_, "<token>", "unlock"));
        (void)storage->claim_certificate(mac_.id, hash(1), ClaimRule::unknown_certificate);
        (void)storage->enqueue(command("one"), std::vector{mac_.id});
        (void)storage->enqueue(command("two"), std::vector{mac_.id});
        storage->store_report(report(mac_, "one", "NotNow", "<not now>"));
        storage->store_push_certificate({Topic{"topic"}, "cert\n", "key\n"});
    }
    [[nodiscard]] fs::path enrollment_file(const std::string& name) const {
        return fs::path{Layout{directory_.store().string()}.enrollment(mac_.id.str())} / name;
    }

    const Enrollment mac_ = device("MAC-1");
    TemporaryDirectory directory_;
    UnflushedFiles files_;
};

TEST_F(StoreTest, ASecondProcessIsRefusedAndTheLockGoesWithTheFirst) {
    {
        const auto first = open();
        expect_refused(Errc::unavailable, "in use by another process");
        EXPECT_THROW((void)check_store(directory_.store()), Error);
    }
    EXPECT_NO_THROW(open());
}

TEST_F(StoreTest, ADirectoryOfSomethingElseIsRefusedNamingTheImport) {
    fs::create_directories(directory_.store() / "0123-UDID");
    expect_refused(Errc::invalid, "-import-nanomdm file:" + directory_.store().string());
    EXPECT_FALSE(fs::exists(directory_.store() / "lock"));
}

TEST_F(StoreTest, AFreshFileSystemIsEmptyEnough) {
    fs::create_directories(directory_.store() / "lost+found");
    EXPECT_NO_THROW(open());
    EXPECT_EQ(findings(directory_.store()), "");
}

TEST_F(StoreTest, ANewerVersionIsRefused) {
    fill();
    overwrite(directory_.store() / "VERSION", "nanomdm file store, version 3\n");
    expect_refused(Errc::invalid, "newer nanomdm");
}

TEST_F(StoreTest, EverythingIsForTheOwnerAlone) {
    fill();
    for (const auto& entry : fs::recursive_directory_iterator{directory_.store()}) {
        struct stat status {};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, entry.is_directory() ? 0700u : 0600u) << entry.path();
    }
}

TEST_F(StoreTest, PlainFilesHoldTheMessagesAsSentAndReadableState) {
    fill();
    EXPECT_EQ(contents(enrollment_file("Authenticate.plist")), "<authenticate>");
    EXPECT_EQ(contents(enrollment_file("TokenUpdate.plist")), "<token>");
    EXPECT_EQ(contents(enrollment_file("UnlockToken")), "unlock");
    EXPECT_EQ(contents(enrollment_file("Identity.pem")), "pem");
    EXPECT_THAT(contents(enrollment_file("state")), HasSubstr("\nid=MAC-1\ntype=Device\n"));
    EXPECT_THAT(contents(enrollment_file("state")), HasSubstr("\npending=one 1 20"));
    const Layout layout{directory_.store().string()};
    EXPECT_EQ(contents(layout.command("one") + ".plist"), "<command one>");
    EXPECT_THAT(contents(layout.command("one") + ".ids"), HasSubstr("\nMAC-1\n"));
}

TEST_F(StoreTest, ALostOrDamagedSnapshotIsMadeAgainFromThePlainFiles) {
    fill();
    const auto snapshot = directory_.store() / "index.snapshot";
    const std::string whole = contents(snapshot);
    for (const auto& damaged :
         {std::string{}, whole.substr(0, whole.size() / 2), "x" + whole.substr(1), whole + "x"}) {
        overwrite(snapshot, damaged);
        const auto storage = open();
        EXPECT_TRUE(storage->is_associated(mac_.id, hash(1)));
        EXPECT_EQ(storage->next_command(mac_.id, NotNow::passed_over), command("two"));
        EXPECT_EQ(storage->next_command(mac_.id, NotNow::candidates), command("one"));
        EXPECT_EQ(storage->push_certificate(Topic{"topic"})->private_key_pem, "key\n");
        EXPECT_TRUE(storage->enrollment(mac_.id)->last_seen_at.has_value());
    }
    EXPECT_EQ(findings(directory_.store()), "");
}

TEST_F(StoreTest, ALostJournalIsRefused) {
    fill();
    fs::remove_all(directory_.store() / "journal");
    fs::create_directory(directory_.store() / "journal");
    expect_refused(Errc::corrupt, "journal");
}

TEST_F(StoreTest, CheckFindsWhatIsDamaged) {
    fill();
    const Layout layout{directory_.store().string()};
    const auto expect_found = [&](const fs::path& file, const std::string& bytes, const std::string& what) {
        const std::string whole = contents(file);
        overwrite(file, bytes);
        EXPECT_THAT(findings(directory_.store()), HasSubstr(what)) << file;
        overwrite(file, whole);
        ASSERT_EQ(findings(directory_.store()), "");
    };
    expect_found(enrollment_file("TokenUpdate.plist"), "<tokex>", "does not hold what was stored");
    expect_found(enrollment_file("state"), contents(enrollment_file("state")) + "x", "fails its checksum");
    expect_found(layout.command("two") + ".plist", "<other>", "does not hold what was enqueued");
    expect_found(layout.command("two") + ".ids", contents(layout.command("two") + ".ids") + "torn",
                 "is damaged");
    expect_found(layout.command("two") + ".ids", "", "is damaged");
    fs::remove(enrollment_file("UnlockToken"));
    EXPECT_THAT(findings(directory_.store()), HasSubstr("UnlockToken: is missing"));
    overwrite(enrollment_file("UnlockToken"), "unlock");
    overwrite(enrollment_file("BootstrapToken"), "secret");
    EXPECT_THAT(findings(directory_.store()), HasSubstr("should not be there"));
    fs::remove(enrollment_file("BootstrapToken"));
    for (const auto& entry : fs::directory_iterator{enrollment_file("state").parent_path()}) {
        const auto name = entry.path().filename().string();
        if (name.starts_with("results-"))
            expect_found(entry.path(), contents(entry.path()) + "torn", "is damaged at byte");
    }
}

TEST_F(StoreTest, BodiesAreServedWhetherTheyAreWrittenOutOrNot) {
    const auto storage = open();
    storage->store_authenticate(authenticate(mac_, "<first>"), "pem");
    EXPECT_EQ(storage->messages(mac_.id).authenticate, "<first>");
    storage->checkpoint();
    EXPECT_EQ(storage->messages(mac_.id).authenticate, "<first>");
    storage->store_authenticate(authenticate(mac_, "<second>"), "");
    EXPECT_EQ(storage->messages(mac_.id).authenticate, "<second>");
    EXPECT_EQ(storage->identity_pem(mac_.id), std::nullopt);
    storage->checkpoint();
    EXPECT_EQ(storage->identity_pem(mac_.id), std::nullopt);
    overwrite(enrollment_file("Authenticate.plist"), "<forged>");
    EXPECT_THROW((void)storage->messages(mac_.id), Error);
}

TEST_F(StoreTest, ADamagedCommandIsNotDeliveredAndTheErrorNamesItsFile) {
    fill();
    const Layout layout{directory_.store().string()};
    const std::string path = layout.command("two") + ".plist";
    overwrite(path, "<command 2wo>");
    const auto storage = open();
    try {
        (void)storage->next_command(mac_.id, NotNow::passed_over);
        FAIL() << "was delivered";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::corrupt);
        EXPECT_THAT(error.what(), HasSubstr(path));
    }
    overwrite(path, "<command two>");
    EXPECT_EQ(storage->next_command(mac_.id, NotNow::passed_over), command("two"));
}

TEST_F(StoreTest, ADamagedResultDoesNotTakeThoseBehindItAlong) {
    fs::path results;
    {
        const auto storage = open();
        storage->store_authenticate(authenticate(mac_), "");
        storage->store_token_update(token_update(mac_));
        for (const char* uuid : {"a", "b", "c"}) {
            (void)storage->enqueue(command(uuid), std::vector{mac_.id});
            EXPECT_TRUE(
                storage->store_report(report(mac_, uuid, "Acknowledged", std::string("raw ") + uuid)));
        }
    }
    for (const auto& entry : fs::directory_iterator{enrollment_file("state").parent_path()}) {
        if (entry.path().filename().string().starts_with("results-")) results = entry.path();
    }
    std::string bytes = contents(results);
    bytes.replace(bytes.find("raw b"), 5, "RAW B");
    overwrite(results, bytes + "#result torn");
    {
        const auto storage = open();
        (void)storage->enqueue(command("d"), std::vector{mac_.id});
        EXPECT_TRUE(storage->store_report(report(mac_, "d", "Acknowledged", "raw d")));
    }
    const auto storage = open();
    EXPECT_EQ(storage->result(mac_.id, CommandUuid{"b"}), std::nullopt);
    for (const char* uuid : {"a", "c", "d"}) {
        const auto result = storage->result(mac_.id, CommandUuid{uuid});
        ASSERT_TRUE(result.has_value()) << uuid;
        EXPECT_EQ(result->raw, std::string("raw ") + uuid);
    }
    EXPECT_EQ(contents(results).find("torn"), std::string::npos);
}

TEST_F(StoreTest, AReportOnAnUnknownCommandReadsNoResults) {
    /// Refuses to open results for reading.
    class NoHistory final : public UnflushedFiles {
    public:
        std::optional<int> open_descriptor(const std::string& path, OpenMode mode) override {
            EXPECT_TRUE(mode != OpenMode::read || path.find("/results-") == std::string::npos) << path;
            return UnflushedFiles::open_descriptor(path, mode);
        }
    };
    fill();
    NoHistory files;
    FileOptions options{.directory = directory_.store()};
    options.has_background_thread = false;
    options.files = &files;
    FileStorage storage{options};
    EXPECT_FALSE(storage.store_report(report(mac_, "never heard of", "Acknowledged")));
}

TEST_F(StoreTest, MessagesAreThoseOfOneMoment) {
    /// A new Authenticate and TokenUpdate come while the first message is read.
    class Overtaken final : public UnflushedFiles {
    public:
        std::function<void()> overtake;
        std::optional<int> open_descriptor(const std::string& path, OpenMode mode) override {
            const bool is_read = mode == OpenMode::read && path.ends_with("/Authenticate.plist");
            if (auto meanwhile = is_read ? std::exchange(overtake, nullptr) : nullptr) meanwhile();
            return UnflushedFiles::open_descriptor(path, mode);
        }
    };
    fill();
    Overtaken files;
    FileOptions options{.directory = directory_.store()};
    options.has_background_thread = false;
    options.files = &files;
    FileStorage storage{options};
    for (const bool is_written : {false, true}) {
        files.overtake = [&] {
            storage.store_authenticate(authenticate(mac_, "<second>"), "");
            storage.store_token_update(token_update(mac_, "<second token>"));
            if (is_written) storage.checkpoint();
        };
        const auto messages = storage.messages(mac_.id);
        EXPECT_FALSE(files.overtake) << "nothing was tested";
        const bool is_first = messages.authenticate == "<authenticate>";
        EXPECT_EQ(messages.authenticate, is_first ? "<authenticate>" : "<second>");
        EXPECT_EQ(messages.token_update, is_first ? "<token>" : "<second token>");
        EXPECT_EQ(messages.unlock_token, is_first ? std::optional<std::string>{"unlock"} : std::nullopt);
        storage.checkpoint();
    }
}

} // namespace
} // namespace nanomdm::storage::file
