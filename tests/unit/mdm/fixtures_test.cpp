// Messages that real devices sent, from a folder outside the project when there is one: NANOMDM_FIXTURES,
// else ../shared/fixtures.
#include "mdm/decode.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace nanomdm {
namespace {

std::filesystem::path messages_folder() {
    const char* chosen = std::getenv("NANOMDM_FIXTURES");
    const auto root = chosen != nullptr ? std::filesystem::path{chosen}
                                        : std::filesystem::path{NANOMDM_SOURCE_DIR} / "../shared/fixtures";
    return root / "messages";
}

class RealMessages : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(messages_folder())) GTEST_SKIP() << "no fixtures here";
    }

    static std::string read(const char* name) {
        std::ifstream in{messages_folder() / name, std::ios::binary};
        EXPECT_TRUE(in.good()) << name;
        return {std::istreambuf_iterator<char>{in}, {}};
    }
};

constexpr auto topic = "com.apple.mgmt.External.e0bd1eac-1f17-4c8e-8a63-dd17d3dd35d9";
constexpr auto ipad = "663b07bb783e9ade1dae4fbb92ea12afc0ce5b69";
constexpr auto mac = "66ADE930-5FDF-5EC4-8429-15640684C489";

TEST_F(RealMessages, AuthenticateOfAnIpadAndAMac) {
    const auto first = std::get<Authenticate>(decode_check_in(read("Authenticate.1.plist")));
    EXPECT_EQ(first.enrollment.id.str(), ipad);
    EXPECT_EQ(first.serial_number.str(), "F5JM992LF193");
    EXPECT_EQ(first.topic, Topic{topic});
    EXPECT_EQ(first.raw, read("Authenticate.1.plist"));
    const auto second = std::get<Authenticate>(decode_check_in(read("Authenticate.2.plist")));
    EXPECT_EQ(second.enrollment.id.str(), mac);
    EXPECT_EQ(second.serial_number.str(), "C02MT66KFLHH");
}

TEST_F(RealMessages, TokenUpdateOfAnIpadAndAMac) {
    const auto first = std::get<TokenUpdate>(decode_check_in(read("TokenUpdate.1.plist")));
    EXPECT_EQ(first.enrollment.id.str(), ipad);
    EXPECT_EQ(first.push.topic.str(), topic);
    EXPECT_EQ(first.push.magic.str(), "CEFDF0BD-E342-4A27-8742-E930EA116B0A");
    EXPECT_EQ(first.push.token.hex(), "47e8eec062c2f729ec1703c1b3e18f1971d85f00be76445d34080baa701b5f51");
    EXPECT_EQ(first.unlock_token.substr(0, 4), "DATA");
    const auto second = std::get<TokenUpdate>(decode_check_in(read("TokenUpdate.2.plist")));
    EXPECT_EQ(second.enrollment.id.str(), mac);
    EXPECT_EQ(second.push.token.bytes().size(), 32U);
    EXPECT_EQ(second.unlock_token, "");
}

TEST_F(RealMessages, DeviceInformationResult) {
    const auto report = decode_command_report(read("DeviceInformation.1.plist"));
    EXPECT_EQ(report.enrollment.id.str(), mac);
    EXPECT_EQ(report.status.str(), "Acknowledged");
    EXPECT_EQ(report.command_uuid, CommandUuid{"76eda240-5488-4989-8339-f2ae160113c4"});
}

} // namespace
} // namespace nanomdm
