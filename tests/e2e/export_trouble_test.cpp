// -export-to where something is in the way: targets that are down, slow or refuse, storages in use, flags.
#include "e2e/export_scene.hpp"
#include "support/database/programs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

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

} // namespace
} // namespace nanomdm::test
