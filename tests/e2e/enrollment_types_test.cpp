// All five kinds of enrollment enroll, get their own commands and no others.
#include "e2e/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ostream>

namespace nanomdm::test {
namespace {

using sim::Channel;

struct Case {
    const char* name;
    Channel device;
    std::optional<Channel> user;
    std::string id;
};

void PrintTo(const Case& printed, std::ostream* out) { *out << printed.name; }

class EnrollmentTypes : public testing::TestWithParam<Case> {};

TEST_P(EnrollmentTypes, EnrollsAndFetchesItsCommand) {
    Scene scene;
    const auto& param = GetParam();
    const auto identity = test_identity("device");
    auto device = scene.device(param.device, identity);
    device.enroll();
    std::optional<sim::Device> user;
    if (param.user) {
        user.emplace(scene.device(*param.user, identity));
        user->enroll();
    }
    auto& target = user ? *user : device;
    const auto command = scene.api().must_enqueue(param.id, "CMD-1", "ProfileList");

    if (user) {
        EXPECT_TRUE(device.connect().empty()) << "the device channel got the user's command";
    }
    const auto exchanges = target.connect();
    ASSERT_EQ(exchanges.size(), 1U);
    EXPECT_EQ(exchanges[0].command.raw, command);
    EXPECT_TRUE(target.connect().empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, EnrollmentTypes,
    testing::Values(Case{"Device", Channel::device("UDID-1"), {}, "UDID-1"},
                    Case{"User", Channel::device("UDID-2"), Channel::user("UDID-2", "502", "jo", "Jo Doe"),
                         "UDID-2:502"},
                    Case{"SharedIpad", Channel::device("UDID-3"),
                         Channel::shared_ipad("UDID-3", "jo@example.org"), "UDID-3:jo@example.org"},
                    Case{"UserEnrollmentDevice", Channel::user_enrollment_device("EID-1"), {}, "EID-1"},
                    Case{"UserEnrollment", Channel::user_enrollment_device("EID-2"),
                         Channel::user_enrollment("EID-2", "EUID", "jo", "Jo Doe"), "EID-2:EUID"}),
    [](const auto& instance) { return instance.param.name; });

TEST(EnrollmentIds, OddTextsAreIdsToo) {
    Scene scene;
    for (const std::string id : {"../../etc/passwd", "a/b", "..", "O'Brien\"", "grin-\xF0\x9F\x98\x80",
                                 "%2e%2e%2f", "CON", ".hidden", "with space"}) {
        auto device = scene.enrolled(id);
        std::string escaped;
        for (const char c : id) {
            char text[4];
            std::snprintf(text, sizeof text, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
            escaped += text;
        }
        EXPECT_EQ(scene.api().enqueue(escaped, sim::command_plist("C-" + id, "DeviceInformation")).status,
                  200)
            << id;
        EXPECT_EQ(device.connect().size(), 1U) << id;
    }
    scene.stop();
    EXPECT_EQ(scene.check().status.code, 0) << scene.check().output;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{scene.directory().path()})
        EXPECT_NE(entry.path().filename(), "passwd");
}

TEST(EnrollmentIds, AreComparedAsBytes) {
    Scene scene;
    auto lower = scene.enrolled("abc");
    auto upper = scene.enrolled("ABC");
    scene.api().must_enqueue("abc", "C1");
    EXPECT_TRUE(upper.connect().empty());
    EXPECT_EQ(lower.connect().size(), 1U);
}

TEST(EnrollmentIds, WhatNoBackendCanHoldIsRefused) {
    Scene scene;
    for (const std::string& id :
         {std::string{"new\nline"}, std::string{"tab\there"}, std::string(256, 'x')}) {
        auto device = scene.device(Channel::device(id), test_identity("odd"));
        EXPECT_EQ(device.authenticate().status, 400) << id;
    }
    auto longest = scene.device(Channel::device(std::string(255, 'x')), test_identity("long"));
    EXPECT_EQ(longest.authenticate().status, 200);
    auto nobody = scene.device(Channel{}, test_identity("x"));
    EXPECT_EQ(nobody.authenticate().status, 400);
}

} // namespace
} // namespace nanomdm::test
