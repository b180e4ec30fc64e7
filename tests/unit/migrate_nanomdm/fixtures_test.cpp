// Stores that NanoMDM itself wrote, from a folder outside the project when there is one: NANOMDM_FIXTURES,
// else ../shared/fixtures.
#include "collected.hpp"
#include "crypto/digest.hpp"
#include "crypto/pem.hpp"
#include "support/nanomdm_store/written_file.hpp"
#include "support/process/temp_dir.hpp"

#include <chrono>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::migrate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* topic = "com.apple.mgmt.External.11111111-2222-3333-4444-555555555555";
const std::string never_enrolled = "it was queued for an ID that never enrolled";

std::filesystem::path stores_folder() {
    const char* chosen = std::getenv("NANOMDM_FIXTURES");
    const auto root = chosen != nullptr ? std::filesystem::path{chosen}
                                        : std::filesystem::path{NANOMDM_SOURCE_DIR} / "../shared/fixtures";
    return root / "nanomdm";
}

/// Three devices, one of them checked out, and a user of the first.
struct Ids {
    std::string first;
    std::string second;
    std::string checked_out;
    [[nodiscard]] std::string user() const { return first + ":U-1"; }
};

class GenuineNanoStore : public testing::Test {
protected:
    void unpack(const std::string& archive) {
        const auto path = stores_folder() / archive;
        if (!std::filesystem::exists(path)) GTEST_SKIP() << "no fixtures here";
        const auto command = "tar -xzf '" + path.string() + "' -C '" + directory_.path().string() + "'";
        ASSERT_EQ(std::system(command.c_str()), 0); // NOLINT(concurrency-mt-unsafe)
    }
    [[nodiscard]] std::filesystem::path store() const { return directory_ / "db"; }

    static void expect_device(const ImportedEnrollment& device, const std::string& serial_number,
                              bool enabled) {
        const auto& udid = device.state.enrollment.id.str();
        EXPECT_EQ(device.state.enrollment.type, EnrollmentType::device) << udid;
        EXPECT_EQ(device.state.enabled, enabled) << udid;
        EXPECT_EQ(device.state.token_update_tally, 1) << udid;
        EXPECT_EQ(device.state.serial_number, serial_number) << udid;
        ASSERT_TRUE(device.state.push) << udid;
        EXPECT_EQ(device.state.push->topic.str(), topic) << udid;
        EXPECT_EQ(device.state.push->magic.str(), "fakePushMagic") << udid;
        EXPECT_EQ(device.state.push->token.bytes(), "fakeToken") << udid;
        EXPECT_FALSE(device.messages.unlock_token) << udid;
        EXPECT_THAT(device.certificate_hashes, ElementsAre(identity_hash(device))) << udid;
        EXPECT_FALSE(device.may_claim_first || device.is_unconfirmed) << udid;
    }
    static std::string identity_hash(const ImportedEnrollment& device) {
        const auto pem = device.identity_pem.value_or("");
        const auto blocks = crypto::read_pem(pem);
        return blocks.size() == 1 ? sha256_hex(blocks[0].der.value_or("")) : "no identity";
    }
    static void expect_fleet(const Collected& read, const Ids& ids, const std::vector<std::string>& serials) {
        EXPECT_EQ(read.expected, 4U);
        EXPECT_EQ(read.enrollments.size(), 4U);
        EXPECT_EQ(read.ids().back(), ids.user());
        expect_device(read[ids.first], serials[0], true);
        expect_device(read[ids.second], serials[1], true);
        expect_device(read[ids.checked_out], serials[2], false);
        EXPECT_EQ(read[ids.first].bootstrap_token, "hello");
        EXPECT_FALSE(read[ids.second].bootstrap_token);

        const auto& user = read[ids.user()];
        EXPECT_EQ(user.state.enrollment.type, EnrollmentType::user);
        EXPECT_EQ(user.state.enrollment.parent, EnrollmentId{ids.first});
        EXPECT_TRUE(user.state.enabled);
        EXPECT_EQ(user.state.token_update_tally, 2);
        EXPECT_EQ(user.state.user_short_name, "bob");
        EXPECT_EQ(user.state.user_long_name, "Bob B");
        EXPECT_EQ(user.state.push->magic.str(), "PM");
        EXPECT_EQ(user.state.push->token.bytes(), "hello");
        EXPECT_FALSE(user.messages.user_authenticate_digest);
        EXPECT_THAT(queue_of(user), ElementsAre("CMD-20"));
        EXPECT_THAT(queue_of(read[ids.second]), ElementsAre("CMD-4"));
        EXPECT_THAT(queue_of(read[ids.checked_out]), IsEmpty());

        ASSERT_EQ(read.push_certificates.size(), 1U);
        EXPECT_EQ(read.push_certificates[0].topic.str(), topic);
        EXPECT_THAT(read.skips_of("NOPE CMD-5"), ElementsAre(never_enrolled));
        EXPECT_THAT(read.skips_of("NOPE CMD-6"), ElementsAre(never_enrolled));
    }

private:
    const test::TempDir directory_;
};

TEST_F(GenuineNanoStore, File) {
    ASSERT_NO_FATAL_FAILURE(unpack("file.tar.gz"));
    if (IsSkipped()) return;
    const Ids ids{"3C841C26-C3C7-41F4-A2C3-B99AD2FA749C", "4FB14293-CD88-41BF-A146-FAB1E72CD08F",
                  "7CB4D465-5F50-4AC8-AE80-A875D3A4CC41"};
    const auto read = read_all(test::NanoKind::file, store());
    expect_fleet(read, ids, {"0V11P0JX3G1H", "0A2MH8WVECWX", "H70A8M77EK9T"});
    const auto& first = read[ids.first];
    EXPECT_THAT(queue_of(first),
                ElementsAre("CMD-1+Error", "CMD-2", "CMD-3", "CMD-4", "CMD-5", "CMD-7", "CMD-8"));
    EXPECT_EQ(first.commands[0].result->raw,
              test::written(store() / ids.first / "QueueDone/CMD-1.result.plist"));
    EXPECT_EQ(first.commands[1].command.raw, test::written(store() / ids.first / "Queue/CMD-2.plist"));
    EXPECT_EQ(first.commands[1].command.request_type.str(), "SecurityInfo");
    EXPECT_EQ(first.messages.authenticate, test::written(store() / ids.first / "Authenticate.plist"));
    EXPECT_EQ(first.messages.token_update, test::written(store() / ids.first / "TokenUpdate.plist"));
    EXPECT_EQ(first.identity_pem, test::written(store() / ids.first / "Identity.pem"));
    EXPECT_EQ(read[ids.user()].messages.user_authenticate,
              test::written(store() / ids.user() / "UserAuthenticate.plist"));
    EXPECT_EQ(read.skips.size(), 2U);
    EXPECT_THAT(read.remarks, IsEmpty());
}

TEST_F(GenuineNanoStore, FileKv) {
    ASSERT_NO_FATAL_FAILURE(unpack("filekv.tar.gz"));
    if (IsSkipped()) return;
    const Ids ids{"4D725402-FDF1-4DE2-99D6-33F3AA473821", "C425AF20-20B4-4135-8932-C12667B90E58",
                  "E60F80A3-C70B-43BA-B386-C7B412DA97BB"};
    const auto read = read_all(test::NanoKind::filekv, store());
    expect_fleet(read, ids, {"9CH76GAY526W", "F1U2W5TY78S6", "GCA1HHHK1JJ8"});
    const auto& first = read[ids.first];
    EXPECT_EQ(first.state.last_seen_at, TimePoint{std::chrono::microseconds{1795435628237463}});
    EXPECT_EQ(first.token_updated_at, TimePoint{std::chrono::microseconds{1795435626799527}});
    EXPECT_EQ(first.messages.token_update,
              test::written(store() / "devices/4D/72/4D725402-FDF1-4DE2-99D6-33F3AA473821.tok_upd"));
    // A report on a command that was never sent made NanoMDM lose hold of this queue, and CMD-7, enqueued
    // twice in one call, follows itself.
    EXPECT_THAT(queue_of(first),
                ElementsAre("CMD-1+Error", "CMD-8", "CMD-2", "CMD-3", "CMD-4", "CMD-5", "CMD-7"));
    EXPECT_THAT(read.skips_of(ids.first + " NEVER-SENT"),
                ElementsAre("a report on a command that NanoMDM did not have"));
    EXPECT_EQ(read.skips.size(), 3U);
    EXPECT_EQ(read.remarks_on(ids.first).size(), 2U);
    EXPECT_EQ(read.remarks.size(), 2U);
}

} // namespace
} // namespace nanomdm::migrate
