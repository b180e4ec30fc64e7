// -export-to through real programs: from each storage to each, interrupted, to targets that misbehave.
#include "contract/samples.hpp"
#include "e2e/scene.hpp"
#include "mdm/decode.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "support/database/migrated_database.hpp"
#include "support/database/programs.hpp"
#include "support/process/process_usage.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <random>

namespace nanomdm::test {
namespace {

using sim::Dict;
using sim::top_level_member;
using testing::HasSubstr;

MariaDbServer& database() {
    static MariaDbServer server{{.durability = Durability::relaxed}};
    return server;
}

/// A storage on disk or in a database: opened here by the test, elsewhere by a program; never both at once.
class Place {
public:
    explicit Place(std::string backend) : backend_{std::move(backend)} {
        if (backend_ != "mysql") return;
        static int number = 0;
        name_ = "export" + std::to_string(++number);
        database().create_database(name_);
        EXPECT_EQ(run({nanomdm_binary(), "-storage", "mysql", "-storage-dsn", database().dsn(name_),
                       "-migrate-schema"},
                      60s)
                      .status.code,
                  0);
    }
    [[nodiscard]] std::vector<std::string> flags() const {
        if (backend_ == "inmem") return {"-storage", "inmem"};
        if (backend_ == "mysql") return {"-storage", "mysql", "-storage-dsn", database().dsn(name_)};
        return {"-storage", "file", "-storage-dsn", (directory_ / "db").string()};
    }
    [[nodiscard]] std::unique_ptr<AllStorage> open() const {
        if (backend_ == "file")
            return std::make_unique<storage::FileStorage>(
                storage::FileOptions{.directory = directory_ / "db"});
        storage::MySqlOptions options;
        options.endpoint = endpoint_of(database(), name_);
        return std::make_unique<storage::MySqlStorage>(options);
    }
    [[nodiscard]] bool can_be_opened() const { return backend_ != "inmem"; }

private:
    std::string backend_;
    std::string name_;
    TempDir directory_;
};

template <class Kind> Kind decoded(const std::string& body) { return std::get<Kind>(decode_check_in(body)); }

/// A device as it stands in a storage after its messages, and its users.
void put(AllStorage& storage, const sim::Device& device, const std::string& unlock_token = {},
         const std::string& bootstrap_token = {}) {
    if (!device.channel().is_user_channel())
        storage.store_authenticate(decoded<Authenticate>(device.authenticate_message()), "");
    auto update = decoded<TokenUpdate>(device.token_update_message());
    if (!unlock_token.empty()) {
        auto first = update;
        first.unlock_token = unlock_token; // not in the message: as when a later one came without
        storage.store_token_update(first);
    }
    storage.store_token_update(update);
    if (!bootstrap_token.empty())
        storage.store_bootstrap_token(decoded<SetBootstrapToken>(
            device.message("SetBootstrapToken", Dict{}.bytes("BootstrapToken", bootstrap_token))));
}

sim::Device simulated(sim::Channel channel, const sim::Identity& identity) {
    return {std::move(channel), identity, {}};
}

/// As many Macs, all of them alike but for their IDs.
void put_fleet(AllStorage& storage, int devices, int first = 0) {
    const auto identity = test_identity("fleet");
    auto mac = [&](const std::string& id) { return simulated(sim::Channel::device(id), identity); };
    for (int i = first; i < first + devices; ++i) {
        const auto id = "MAC-" + std::to_string(100'000 + i);
        put(storage, mac(id), {}, i % 2 == 0 ? "boot " + id : "");
        if (i % 4 == 0) put(storage, simulated(sim::Channel::user(id, "ada", "ada", "Ada"), identity));
    }
}

std::vector<std::string> export_command(const Place& from, const std::string& url,
                                        const std::vector<std::string>& more = {}) {
    std::vector<std::string> command{nanomdm_binary(), "-export-to", url, "-export-key", Scene::api_key};
    for (const auto& flags : {from.flags(), more}) command.insert(command.end(), flags.begin(), flags.end());
    return command;
}

Finished export_all(const Place& from, const std::string& url, const std::vector<std::string>& more = {}) {
    return run(export_command(from, url, more), 120s);
}

std::vector<std::string> target_flags(const Place& to) {
    auto flags = to.flags();
    flags.insert(flags.end(), {"-migration", "-retro"});
    return flags;
}

void expect_same_fleet(AllStorage& from, AllStorage& to) {
    std::optional<EnrollmentId> after;
    std::size_t enabled = 0;
    for (;;) {
        const auto page = from.devices_after(after, 500);
        if (page.empty()) break;
        after = page.back().enrollment.id;
        for (const auto& device : page) {
            if (!device.enabled) continue;
            ++enabled;
            auto all = from.user_channels(device.enrollment.id);
            std::erase_if(all, [](const auto& user) { return !user.enabled; });
            ASSERT_EQ(to.user_channels(device.enrollment.id).size(), all.size());
            all.push_back(device);
            for (const auto& old : all) {
                const auto& id = old.enrollment.id;
                const auto moved = to.enrollment(id);
                ASSERT_TRUE(moved) << id.str();
                EXPECT_EQ(moved->enrollment, old.enrollment);
                EXPECT_TRUE(moved->enabled);
                EXPECT_EQ(moved->token_update_tally, 1);
                EXPECT_EQ(moved->serial_number, old.serial_number);
                EXPECT_EQ(moved->push, old.push);
                EXPECT_EQ(moved->user_short_name, old.user_short_name);
                EXPECT_EQ(moved->user_long_name, old.user_long_name);
                EXPECT_EQ(to.messages(id).authenticate, from.messages(id).authenticate);
                EXPECT_EQ(to.messages(id).unlock_token, from.messages(id).unlock_token);
                if (!old.enrollment.is_user_channel()) {
                    EXPECT_EQ(to.bootstrap_token(id), from.bootstrap_token(id));
                }
            }
        }
    }
    std::size_t arrived = 0;
    after.reset();
    for (auto page = to.devices_after(after, 500); !page.empty(); page = to.devices_after(after, 500)) {
        arrived += page.size();
        after = page.back().enrollment.id;
    }
    EXPECT_EQ(arrived, enabled) << "nobody else came along";
}

using Pair = std::pair<const char*, const char*>;
class ExportBetween : public testing::TestWithParam<Pair> {};

TEST_P(ExportBetween, EverythingComesOverAndDevicesGoOn) {
    const Place from{GetParam().first};
    const Place to{GetParam().second};
    const auto mac = test_identity("MAC");
    {
        const auto store = from.open();
        put(*store, simulated(sim::Channel::device("MAC"), mac), "unlock\0MAC", "boot MAC");
        put(*store, simulated(sim::Channel::user("MAC", "A1", "ada", "Ada Ä"), mac));
        put(*store, simulated(sim::Channel::user("MAC", "B1", "bob", ""), mac));
        put(*store, simulated(sim::Channel::device("PAD /..%"), mac));
        put(*store, simulated(sim::Channel::shared_ipad("PAD /..%", "ada@example.org"), mac));
        put(*store, simulated(sim::Channel::user_enrollment_device("BYOD"), mac), {}, "boot BYOD");
        put(*store, simulated(sim::Channel::user_enrollment("BYOD", "C1", "cyd", "Cyd"), mac));
        put(*store, simulated(sim::Channel::device("GONE"), mac));
        store->store_check_out(contract::check_out(contract::device("GONE")));
        store->store_check_out(contract::check_out(contract::user_of(contract::device("MAC"), "B1")));
        store->store_authenticate(contract::authenticate(contract::device("BEGUN")), "");
        put_fleet(*store, 40);
    }
    Scene target{target_flags(to)};
    const auto finished = export_all(from, target.url() + "/migration");
    EXPECT_EQ(finished.status.code, 0) << finished.error;
    EXPECT_THAT(finished.output,
                HasSubstr("exported: 43 devices, 13 users, 1 unlock tokens, 22 bootstrap tokens\n"
                          "left out: 1 disabled devices, 1 devices that never completed their "
                          "enrollment, 1 disabled users\nfailed: 0\n"));
    EXPECT_THAT(finished.error, testing::Not(HasSubstr(Scene::api_key)));

    // The device keeps its certificate, which the new server has never seen.
    target.api().must_enqueue("MAC,MAC:A1,BYOD,BYOD:C1", "after-the-move");
    auto device = target.device(sim::Channel::device("MAC"), mac);
    EXPECT_EQ(top_level_member(device.get_bootstrap_token().body, "BootstrapToken"), "boot MAC");
    ASSERT_EQ(device.connect().size(), 1U);
    EXPECT_EQ(target.device(sim::Channel::user("MAC", "A1", "ada", "Ada"), mac).connect().size(), 1U);
    EXPECT_THAT(target.api().enqueue("GONE", sim::command_plist("x", "DeviceInformation")).body,
                HasSubstr("enrollment not found"));
    target.stop();
    if (to.can_be_opened()) expect_same_fleet(*from.open(), *to.open());
}

INSTANTIATE_TEST_SUITE_P(Storages, ExportBetween,
                         testing::Values(Pair{"file", "file"}, Pair{"file", "mysql"}, Pair{"file", "inmem"},
                                         Pair{"mysql", "file"}, Pair{"mysql", "mysql"},
                                         Pair{"mysql", "inmem"}),
                         [](const auto& instance) {
                             return std::string{instance.param.first} + "_to_" + instance.param.second;
                         });

/// A target that counts what it takes, and can be told to be busy or to fail.
class CountingTarget {
public:
    CountingTarget() {
        upstream_.answer([this](const UpstreamRequest& request) {
            UpstreamReply reply{.latency = latency};
            const std::lock_guard lock{mutex_};
            const auto udid = top_level_member(request.body, "UDID").value_or("");
            if (udid == failing) return UpstreamReply{.status = 500};
            const auto type = top_level_member(request.body, "MessageType").value_or("");
            if (type == "Authenticate") ++authenticates_[udid];
            ++taken_;
            return reply;
        });
    }
    [[nodiscard]] Upstream& upstream() noexcept { return upstream_; }
    [[nodiscard]] std::string url() const { return upstream_.url() + "/migration"; }
    [[nodiscard]] std::size_t taken() const {
        const std::lock_guard lock{mutex_};
        return taken_;
    }
    /// How often each device's Authenticate came.
    [[nodiscard]] std::map<std::string, int> authenticates() const {
        const std::lock_guard lock{mutex_};
        return authenticates_;
    }

    std::chrono::milliseconds latency{0}; ///< set these before the export starts
    std::string failing;

private:
    mutable std::mutex mutex_;
    std::size_t taken_ = 0;
    std::map<std::string, int> authenticates_;
    Upstream upstream_; ///< last: it answers until it ends
};

TEST(Export, KilledAtAnyMomentItGoesOnWhereItWas) {
    constexpr int fleet = 600;
    constexpr int at_once = 8; // whose Authenticate may have been answered and not noted
    const Place from{"file"};
    put_fleet(*from.open(), fleet);
    CountingTarget target;
    const TempDir directory;
    const std::vector<std::string> state{"-export-state", (directory / "state").string()};
    std::mt19937 random{std::random_device{}()};
    constexpr int kills = 5;
    for (int kill = 1; kill <= kills; ++kill) {
        const auto before = target.taken();
        ChildProcess process{{.command = export_command(from, target.url(), state)}};
        const auto more = std::uniform_int_distribution<std::size_t>{1, 250}(random);
        EXPECT_TRUE(eventually([&] { return target.taken() >= before + more; }, 30s))
            << process.standard_error();
        process.kill();
    }
    const auto finished = export_all(from, target.url(), state);
    EXPECT_EQ(finished.status.code, 0) << finished.error;
    const auto authenticates = target.authenticates();
    EXPECT_EQ(authenticates.size(), static_cast<std::size_t>(fleet));
    int again = 0;
    for (const auto& [id, times] : authenticates) again += times - 1;
    EXPECT_LE(again, kills * at_once);

    const auto nothing_left = target.taken();
    const auto repeated = export_all(from, target.url(), state);
    EXPECT_EQ(repeated.status.code, 0);
    EXPECT_THAT(repeated.output, HasSubstr("an earlier run was complete"));
    EXPECT_EQ(target.taken(), nothing_left);
    const auto elsewhere = export_all(from, target.url() + "/other", state);
    EXPECT_EQ(elsewhere.status.code, 2);
    EXPECT_THAT(elsewhere.error, HasSubstr("-export-state: "));
    EXPECT_THAT(elsewhere.error, HasSubstr("another URL"));
}

TEST(Export, ATargetThatIsDownForAMomentIsWaitedFor) {
    constexpr int fleet = 400;
    const Place from{"mysql"};
    put_fleet(*from.open(), fleet);
    CountingTarget target;
    ChildProcess process{{.command = export_command(from, target.url())}};
    ASSERT_TRUE(eventually([&] { return target.taken() > 100; }, 30s)) << process.standard_error();
    target.upstream().go_down();
    const auto before = target.taken();
    target.upstream().come_back();
    ASSERT_TRUE(process.wait(60s)) << process.standard_error();
    EXPECT_THAT(process.standard_output(), HasSubstr("exported: 400 devices, 100 users"));
    EXPECT_GT(target.taken(), before);
}

TEST(Export, ASlowTargetGetsSeveralDevicesAtOnce) {
    constexpr int fleet = 64;
    const Place from{"file"};
    put_fleet(*from.open(), fleet);
    CountingTarget target;
    target.latency = 30ms;
    EXPECT_EQ(export_all(from, target.url()).status.code, 0);
    EXPECT_EQ(target.authenticates().size(), static_cast<std::size_t>(fleet));
    EXPECT_GE(target.upstream().connections(), 2U);
    EXPECT_LE(target.upstream().connections(), 8U);
}

TEST(Export, ARecordThatTheTargetFailsOnIsReportedAndTheRestComesOver) {
    const Place from{"file"};
    put_fleet(*from.open(), 20);
    CountingTarget target;
    target.failing = "MAC-100007";
    const TempDir directory;
    const std::vector<std::string> state{"-export-state", (directory / "state").string()};
    const auto finished = export_all(from, target.url(), state);
    EXPECT_EQ(finished.status.code, 3);
    EXPECT_THAT(finished.output, HasSubstr("exported: 19 devices"));
    EXPECT_THAT(finished.output, HasSubstr("failed: 1"));
    EXPECT_THAT(finished.error, HasSubstr("MAC-100007"));

    target.failing.clear();
    const auto mended = export_all(from, target.url(), state);
    EXPECT_EQ(mended.status.code, 0) << mended.error;
    EXPECT_THAT(mended.output, HasSubstr("exported: 1 devices"));
    for (const auto& [id, times] : target.authenticates()) EXPECT_EQ(times, 1) << id;
}

TEST(Export, AKeyThatIsWrongOrATargetWithoutMigrationEndsItAtOnce) {
    const Place from{"file"};
    put_fleet(*from.open(), 3);
    Scene target;
    const auto without = export_all(from, target.url() + "/migration");
    EXPECT_EQ(without.status.code, 1);
    EXPECT_THAT(without.error, HasSubstr("-migration"));
    target.restart({"-migration"});
    auto command = export_command(from, target.url() + "/migration");
    command[4] = "wrong-key";
    const auto refused = run(command, 30s);
    EXPECT_EQ(refused.status.code, 1);
    EXPECT_THAT(refused.error, HasSubstr("does not take the key"));
    EXPECT_THAT(refused.error, testing::Not(HasSubstr("wrong-key")));
}

TEST(Export, AServedFileStoreIsLockedAndADatabaseIsNot) {
    CountingTarget target;
    Scene serving;
    (void)serving.enrolled("U1");
    const auto locked = run({nanomdm_binary(), "-storage-dsn", serving.storage().string(), "-export-to",
                             target.url(), "-export-key", "key"});
    EXPECT_EQ(locked.status.code, 1);
    EXPECT_THAT(locked.error, HasSubstr("stop the server"));
    serving.stop();

    const Place from{"mysql"};
    Scene beside{from.flags()};
    (void)beside.enrolled("U2");
    EXPECT_EQ(export_all(from, target.url()).status.code, 0);
    EXPECT_EQ(target.authenticates().count("U2"), 1U);
    beside.stop();
}

TEST(Export, WhatIsNotThereIsNotMade) {
    const TempDir directory;
    const auto missing = (directory / "db").string();
    const auto finished = run({nanomdm_binary(), "-storage-dsn", missing, "-export-to", "http://127.0.0.1:9/",
                               "-export-key", "key"});
    EXPECT_EQ(finished.status.code, 1);
    EXPECT_FALSE(std::filesystem::exists(missing));

    for (const auto& flags : std::vector<std::vector<std::string>>{
             {"-export-to", "new.example.org", "-export-key", "key"},
             {"-export-to", "http://127.0.0.1:9/"},
             {"-export-to", "http://127.0.0.1:9/", "-export-key", "key", "-export-key-file", "/dev/null"},
             {"-export-to", "http://127.0.0.1:9/", "-export-key-file", "/nonexistent"},
             {"-export-to", "http://127.0.0.1:9/", "-export-key", "key", "-storage", "inmem"}}) {
        std::vector<std::string> command{nanomdm_binary()};
        command.insert(command.end(), flags.begin(), flags.end());
        EXPECT_EQ(run(command).status.code, 2) << flags.back();
    }
}

TEST(Export, ATerminalShowsOneLineThatChanges) {
    const Place from{"file"};
    put_fleet(*from.open(), 40);
    CountingTarget target;
    target.latency = 50ms;
    std::string command;
    for (const auto& word : export_command(from, target.url(), {"-log-level", "error"}))
        command += "'" + word + "' ";
    const auto shown =
        run({find_program("script"), "--quiet", "--return", "--command", command, "/dev/null"}, 60s);
    EXPECT_EQ(shown.status.code, 0);
    EXPECT_THAT(shown.output, HasSubstr("\r\x1b[Kexported "));
    EXPECT_THAT(shown.output, HasSubstr(" devices/s\r\x1b[K"));
    EXPECT_THAT(shown.output, HasSubstr("exported: 40 devices, 10 users"));
    EXPECT_THAT(export_all(from, target.url()).error, testing::Not(HasSubstr("\x1b")));
}

/// A large fleet, and messages that are large: neither may pile up.
TEST(Export, MemoryDoesNotGrowWithTheFleet) {
    constexpr int fleet = 5000;
    const Place from{"mysql"};
    {
        const auto store = from.open();
        put_fleet(*store, 8);
    }
    database().sql(
        "INSERT INTO devices (id, authenticate, token_update, serial_number) "
        "SELECT CONCAT('SEQ-', seq), CONCAT(d.authenticate, REPEAT(' ', 50000)), d.token_update, 'S' "
        "FROM seq_1_to_5000 JOIN devices d ON d.id = 'MAC-100001'; "
        "INSERT INTO enrollments (id, device_id, type, topic, push_magic, token_hex) "
        "SELECT id, id, 'Device', 't', 'm', '00' FROM devices WHERE id LIKE 'SEQ-%'",
        from.flags().back().substr(from.flags().back().rfind('/') + 1));
    Upstream target;
    // AddressSanitizer keeps what is freed: less of it.
    ChildProcess process{{.command = export_command(from, target.url()),
                          .environment = {{"ASAN_OPTIONS", "quarantine_size_mb=8"}}}};
    std::uint64_t most = 0;
    EXPECT_TRUE(eventually(
        [&] {
            try {
                most = std::max(most, process_usage(process.pid()).resident_bytes);
            } catch (const std::runtime_error&) { // it has ended
            }
            return process.wait(1ms).has_value();
        },
        120s))
        << process.standard_error();
    EXPECT_THAT(process.standard_output(), HasSubstr("exported: " + std::to_string(fleet + 8) + " devices"));
    EXPECT_LT(most, 150U << 20) << "of 250 MB of messages";
}

} // namespace
} // namespace nanomdm::test
