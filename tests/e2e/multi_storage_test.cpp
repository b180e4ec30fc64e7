// Several storages in one server: the first answers, the others can take its place.
#include "e2e/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

std::vector<std::string> file_storages(std::initializer_list<std::filesystem::path> directories) {
    std::vector<std::string> flags;
    for (const auto& directory : directories)
        flags.insert(flags.end(), {"-storage", "file", "-storage-dsn", directory.string()});
    return flags;
}

TEST(MultiStorage, AServerOnTheSecondStorageGoesOnWhereTheFirstStopped) {
    TempDir directories;
    Scene scene{file_storages({directories / "one", directories / "two"})};
    auto device = scene.enrolled("U1");
    scene.api().must_enqueue("U1", "A");
    scene.api().must_enqueue("U1", "B");
    scene.api().must_enqueue("U1", "C");
    EXPECT_THAT(device.report("Idle").body, HasSubstr("<string>A</string>"));
    EXPECT_THAT(device.report("Acknowledged", "A").body, HasSubstr("<string>B</string>"));

    scene.restart(file_storages({directories / "two"}));
    device.use_endpoint(scene.endpoint());
    const auto rest = device.connect();
    ASSERT_EQ(rest.size(), 2U) << scene.server().log();
    EXPECT_EQ(rest[0].command.uuid, "B");
    EXPECT_EQ(rest[1].command.uuid, "C");
}

TEST(MultiStorage, AStorageThatIsOutOfReachDelaysNothing) {
    TempDir directories;
    auto flags = file_storages({directories / "one"});
    // Nobody listens on the discard port here.
    flags.insert(flags.end(), {"-storage", "mysql", "-storage-dsn", "nobody:none@tcp(127.0.0.1:9)/none",
                               "-shutdown-grace", "1s"});
    Scene scene{flags};
    auto device = scene.enrolled("U1");
    scene.api().must_enqueue("U1", "A");
    EXPECT_EQ(device.connect().size(), 1U);
    scene.stop();
    EXPECT_THAT(scene.server().log(), HasSubstr("missed the writes that were waiting for it at the end"));
    EXPECT_THAT(scene.server().log(), HasSubstr("storage=\"2 (mysql)\""));
}

} // namespace
} // namespace nanomdm::test
