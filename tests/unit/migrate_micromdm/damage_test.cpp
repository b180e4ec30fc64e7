// Databases that are damaged, foreign or in use: refused when they are opened, or read; never half.
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "recording_sink.hpp"

#include <cstdint>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

namespace nanomdm::migrate {
namespace {

using namespace test;
using testing::HasSubstr;

class DamagedMicroMdm : public MicroMdm {
protected:
    void expect_refused(Errc code, const std::string& text) const {
        try {
            const MicroMdmSource source{path_};
            ADD_FAILURE() << "taken, and not: " << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), code);
            EXPECT_THAT(error.what(), HasSubstr(text));
        }
    }
};

TEST_F(DamagedMicroMdm, ABoltDatabaseOfAnotherProgramIsRefused) {
    BoltWriter file{path_};
    file.bucket("widgets").put("a", "b");
    file.finish();
    expect_refused(Errc::corrupt, "is a Bolt database, and not MicroMDM's: it has no bucket mdm.Devices");
}

TEST_F(DamagedMicroMdm, WhileMicroMdmRunsItIsRefused) {
    database_.write(path_);
    const int descriptor = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
    expect_refused(Errc::unavailable, "stop MicroMDM");
    ::close(descriptor);
}

TEST_F(DamagedMicroMdm, WithADamagedPageNothingIsGiven) {
    MicroMdmFleet{.devices = 200}.write(path_);
    auto file = read_file(path_);
    // The last leaf with elements: the end of the last bucket.
    file.replace(file.size() - 3 * 4096 + 8, 2, "\x33\x33");
    folder_.write("micromdm.db", file);
    expect_refused(Errc::corrupt, " at offset ");
}

TEST_F(DamagedMicroMdm, WithAnyByteChangedItIsReadOrRefusedAsDamaged) {
    database_.add(MicroMdmDevice{.udid = mac, .unlock_token = "abcd", .last_seen = 5}, std::string(32, 'h'));
    database_.add(MicroMdmUser{.udid = mac, .user_id = "user"}, {});
    database_.put("mdm.PushInfo", "enrollment", MicroMdmPush{}.encode("enrollment"));
    database_.enqueue(mac, MicroMdmList::commands, "uuid", "ProfileList");
    database_.write(path_, {.page_size = 512});
    const auto file = read_file(path_);
    const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    std::size_t given = 0;
    std::size_t refused = 0;
    for (std::size_t at = 1024; at < file.size(); ++at) {
        const auto byte = static_cast<char>(file[at] ^ (at % 2 == 0 ? 0x01 : 0xFF));
        ASSERT_EQ(::pwrite(descriptor, &byte, 1, static_cast<off_t>(at)), 1);
        try {
            MicroMdmSource source{path_};
            RecordingSink sink;
            source.read(sink);
            ASSERT_LE(sink.enrollments.size(), 4U) << "byte " << at;
            given += sink.enrollments.size() == 3;
        } catch (const Error& error) {
            ASSERT_EQ(error.code(), Errc::corrupt) << error.what();
            ++refused;
        }
        ASSERT_EQ(::pwrite(descriptor, &file[at], 1, static_cast<off_t>(at)), 1);
    }
    ::close(descriptor);
    EXPECT_GT(given, 500U);
    EXPECT_GT(refused, 100U);
}

} // namespace
} // namespace nanomdm::migrate
