// What is taken for which kind of store, and what is refused.
#include "migrate/nanomdm/file_source.hpp"
#include "migrate/nanomdm/filekv_source.hpp"
#include "nanomdm/error.hpp"
#include "support/nanomdm_store/nano_fleet.hpp"
#include "support/process/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::migrate {
namespace {

using testing::HasSubstr;

template <class Source> std::string refusal(const std::filesystem::path& path) {
    try {
        Source source{path.string()};
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid);
        return error.what();
    }
    return "taken";
}

class NanoStoreKind : public testing::Test {
protected:
    const test::TempDir directory_;
};

TEST_F(NanoStoreKind, TakesItsOwn) {
    test::NanoFileStore file{directory_ / "file"};
    test::add_nano_device(file, "UDID-1", test::nano_hash(1));
    test::NanoFileKvStore filekv{directory_ / "filekv"};
    test::add_nano_device(filekv, "UDID-1", test::nano_hash(1));
    EXPECT_EQ(refusal<NanoFileSource>(directory_ / "file"), "taken");
    EXPECT_EQ(refusal<NanoFileKvSource>(directory_ / "filekv"), "taken");
}

TEST_F(NanoStoreKind, TakesOneWithAPushCertificateAlone) {
    test::NanoFileStore file{directory_ / "file"};
    file.push_certificate(test::nano_topic, "certificate", "key");
    test::NanoFileKvStore filekv{directory_ / "filekv"};
    filekv.push_certificate(test::nano_topic, "certificate", "key");
    EXPECT_EQ(refusal<NanoFileSource>(directory_ / "file"), "taken");
    EXPECT_EQ(refusal<NanoFileKvSource>(directory_ / "filekv"), "taken");
}

TEST_F(NanoStoreKind, NamesTheFlagOfTheOtherKind) {
    test::NanoFileStore file{directory_ / "file"};
    test::add_nano_device(file, "UDID-1", test::nano_hash(1));
    test::NanoFileKvStore filekv{directory_ / "filekv"};
    test::add_nano_device(filekv, "UDID-1", test::nano_hash(1));
    EXPECT_THAT(refusal<NanoFileSource>(directory_ / "filekv"), HasSubstr("-import-nanomdm filekv:"));
    EXPECT_THAT(refusal<NanoFileKvSource>(directory_ / "file"), HasSubstr("-import-nanomdm file:"));
}

TEST_F(NanoStoreKind, BothKindsInOneDirectoryAreEachTaken) {
    test::NanoFileStore file{directory_.path()};
    test::add_nano_device(file, "UDID-1", test::nano_hash(1));
    test::NanoFileKvStore filekv{directory_.path()};
    test::add_nano_device(filekv, "UDID-1", test::nano_hash(1));
    EXPECT_EQ(refusal<NanoFileSource>(directory_.path()), "taken");
    EXPECT_EQ(refusal<NanoFileKvSource>(directory_.path()), "taken");
}

TEST_F(NanoStoreKind, RefusesAStoreOfThisServer) {
    directory_.write("VERSION", "nanomdm file store, version 2\n");
    std::filesystem::create_directories(directory_ / "enrollments");
    EXPECT_THAT(refusal<NanoFileSource>(directory_.path()), HasSubstr("-storage file -storage-dsn"));
    EXPECT_THAT(refusal<NanoFileKvSource>(directory_.path()), HasSubstr("-storage file -storage-dsn"));
}

TEST_F(NanoStoreKind, RefusesWhatIsNoStore) {
    EXPECT_THAT(refusal<NanoFileSource>(directory_.path()),
                HasSubstr("is not a store of NanoMDM's file storage"));
    EXPECT_THAT(refusal<NanoFileKvSource>(directory_.path()),
                HasSubstr("is not a store of NanoMDM's filekv storage"));
    std::filesystem::create_directories(directory_ / "something" / "else");
    EXPECT_THAT(refusal<NanoFileSource>(directory_.path()), HasSubstr("is not a store"));
    const auto file = directory_.write("micromdm.db", "");
    EXPECT_THAT(refusal<NanoFileSource>(file), HasSubstr("Not a directory"));
    EXPECT_THAT(refusal<NanoFileKvSource>(directory_ / "absent"), HasSubstr("No such file"));
}

} // namespace
} // namespace nanomdm::migrate
