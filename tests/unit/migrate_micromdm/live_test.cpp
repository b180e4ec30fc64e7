// A database that MicroMDM itself wrote, against what MicroMDM's own code says is in it, from a folder
// outside the project when there is one: NANOMDM_FIXTURES, else ../shared/fixtures.
#include "crypto/digest.hpp"
#include "crypto/pem.hpp"
#include "encoding/hex.hpp"
#include "encoding/rfc3339.hpp"
#include "mdm/decode.hpp"
#include "recording_sink.hpp"

#include <cstdlib>
#include <gmock/gmock.h>
#include <sstream>

namespace nanomdm::migrate {
namespace {

using testing::HasSubstr;

std::filesystem::path folder() {
    const char* chosen = std::getenv("NANOMDM_FIXTURES");
    const auto root = chosen != nullptr ? std::filesystem::path{chosen}
                                        : std::filesystem::path{NANOMDM_SOURCE_DIR} / "../shared/fixtures";
    return root / "micromdm";
}

/// Of ` name=value` and ` name="value"`. @return empty when it is not there
std::string field(const std::string& line, const std::string& name) {
    auto at = (" " + line).find(" " + name + "=");
    if (at == std::string::npos) return {};
    at += name.size() + 1;
    const bool is_quoted = line[at] == '"';
    if (is_quoted) ++at;
    return line.substr(at, line.find(is_quoted ? '"' : ' ', at) - at);
}

class LiveMicroMdm : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(folder())) GTEST_SKIP() << "no fixtures here";
        std::istringstream text{test::read_file(folder() / "live.txt")};
        std::string section;
        for (std::string line; std::getline(text, line);) {
            if (line.starts_with("== ")) {
                section = line.substr(3, line.find_first_of(" (:", 3) - 3);
            } else {
                lines_[section].push_back(line);
            }
        }
        MicroMdmSource source{folder() / "live.db"};
        source.read(sink_);
        scep_ca_ = source.scep_ca();
    }

    std::map<std::string, std::vector<std::string>> lines_;
    RecordingSink sink_;
    std::optional<std::string> scep_ca_;
};

TEST_F(LiveMicroMdm, EveryDeviceIsThereFieldByField) {
    std::size_t compared = 0;
    for (const auto& line : lines_["devices"]) {
        const auto udid = field(line, "udid");
        const auto* const device = sink_.find(udid);
        if (field(line, "enrolled") != "true") {
            EXPECT_EQ(device, nullptr);
            EXPECT_THAT(sink_.reasons(), testing::Contains("device " + udid + ": not enrolled"));
            continue;
        }
        ASSERT_NE(device, nullptr) << udid;
        ++compared;
        EXPECT_EQ(device->state.serial_number, field(line, "serial"));
        EXPECT_EQ(device->state.push->token.hex(), field(line, "token"));
        EXPECT_EQ(device->state.push->magic.str(), field(line, "magic"));
        EXPECT_EQ(to_hex(device->messages.unlock_token.value_or("")), field(line, "unlock"));
        EXPECT_EQ(device->bootstrap_token.value_or(""), field(line, "bootstrap"));
        EXPECT_THAT(device->certificate_hashes, testing::ElementsAre(field(line, "cert_sha256")));
        EXPECT_THAT(*device->messages.authenticate, HasSubstr(">" + field(line, "name") + "<"));
        auto last_seen = field(line, "last_seen");
        last_seen.pop_back(); // the Z; Go leaves out zeros before it
        ASSERT_TRUE(device->state.last_seen_at);
        EXPECT_THAT(rfc3339(*device->state.last_seen_at, 9), testing::StartsWith(last_seen));
        const auto token_update = std::get<TokenUpdate>(decode_check_in(*device->messages.token_update));
        EXPECT_EQ(token_update.push, device->state.push);
        // Issued by MicroMDM itself.
        ASSERT_TRUE(device->identity_pem);
        EXPECT_EQ(sha256_hex(*crypto::read_pem(*device->identity_pem).at(0).der), field(line, "cert_sha256"));
    }
    EXPECT_EQ(compared, 3U);
}

TEST_F(LiveMicroMdm, EveryUserIsThereFieldByField) {
    std::size_t compared = 0;
    for (const auto& line : lines_["users"]) {
        const auto* const user = sink_.find(field(line, "udid") + ":" + field(line, "user_id"));
        ASSERT_NE(user, nullptr) << line;
        ++compared;
        EXPECT_EQ(user->state.user_short_name, field(line, "short"));
        EXPECT_EQ(user->state.user_long_name, field(line, "long"));
        EXPECT_EQ(user->state.push->token.hex(), field(line, "auth_token"));
    }
    EXPECT_EQ(compared, 2U);
    EXPECT_EQ(sink_.enrollments.size(), 5U);
    EXPECT_EQ(sink_.expected, 5U);
}

TEST_F(LiveMicroMdm, EveryPushInfoBelongsToSomebodyAsItIs) {
    std::size_t compared = 0;
    for (const auto& line : lines_["mdm.PushInfo"]) {
        for (const auto& enrollment : sink_.enrollments) {
            if (!enrollment.state.enrollment.id.str().ends_with(field(line, "key"))) continue;
            ++compared;
            EXPECT_EQ(enrollment.state.push->topic.str(), field(line, "topic"));
            EXPECT_EQ(enrollment.state.push->token.hex(), field(line, "token"));
            EXPECT_EQ(enrollment.state.push->magic.str(), field(line, "magic"));
        }
    }
    EXPECT_EQ(compared, 5U); // the sixth is of the device that has checked out
}

TEST_F(LiveMicroMdm, PendingCommandsAreThereInOrder) {
    const auto* const one = sink_.find("00344217-6E38-4DAD-8E25-9A1A11E5D0FD");
    const auto* const two = sink_.find("B5A96C9D-82EF-43EF-AD53-5ACA5A0FAF78");
    ASSERT_TRUE(one != nullptr && two != nullptr);
    ASSERT_EQ(one->commands.size(), 1U);
    EXPECT_EQ(one->commands[0].command.uuid.str(), "91aab021-0a92-4fa8-93b2-29e6d48d419d");
    EXPECT_EQ(one->commands[0].command.request_type.str(), "DeviceInformation");
    ASSERT_EQ(two->commands.size(), 2U);
    EXPECT_EQ(two->commands[0].command.uuid.str(), "f82e37c5-a7c7-42c9-bcf6-c83309800a60");
    EXPECT_EQ(two->commands[1].command.uuid.str(), "00553884-6096-4c8e-802f-ea6dd7c6e29e");
    EXPECT_THAT(sink_.reasons(),
                testing::UnorderedElementsAre("push certificate config: MicroMDM has none",
                                              "device DE3ACC74-05DC-4CDF-9E41-4BD6E2536D80: not enrolled"));
}

TEST_F(LiveMicroMdm, TheCaOfTheBuiltInScepIsThere) {
    ASSERT_TRUE(scep_ca_);
    EXPECT_EQ(crypto::read_pem(*scep_ca_).at(0).der->size(), 823U);
}

} // namespace
} // namespace nanomdm::migrate
