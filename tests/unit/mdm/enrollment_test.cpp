// From identifying members to one enrollment ID, and the names of the types.
#include "nanomdm/mdm/enrollment.hpp"
#include "unit/plist/documents.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

using test::expect_invalid;

constexpr auto all_f = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF";

Identifiers ids(std::string udid, std::string user_id = {}, std::string short_name = {},
                std::string enrollment_id = {}, std::string enrollment_user_id = {}) {
    return {std::move(udid),          std::move(user_id),           std::move(short_name), {},
            std::move(enrollment_id), std::move(enrollment_user_id)};
}

void expect_enrollment(const Identifiers& from, EnrollmentType type, std::string id, const char* parent) {
    const auto enrollment = resolve(from);
    EXPECT_EQ(enrollment.type, type);
    EXPECT_EQ(enrollment.id.str(), id);
    EXPECT_EQ(enrollment.is_user_channel(), parent != nullptr);
    EXPECT_EQ(enrollment.device().str(), parent != nullptr ? std::string{parent} : id);
}

TEST(Enrollment, FollowsTheTableOfTypes) {
    expect_enrollment(ids("U"), EnrollmentType::device, "U", nullptr);
    expect_enrollment(ids("U", "X"), EnrollmentType::user, "U:X", "U");
    expect_enrollment(ids("U", all_f, "jo"), EnrollmentType::shared_ipad, "U:jo", "U");
    expect_enrollment(ids("", "", "", "E"), EnrollmentType::user_enrollment_device, "E", nullptr);
    expect_enrollment(ids("", "", "", "E", "X"), EnrollmentType::user_enrollment, "E:X", "E");
}

TEST(Enrollment, UdidGoesBeforeEnrollmentId) {
    expect_enrollment(ids("U", "", "", "E", "X"), EnrollmentType::device, "U", nullptr);
    expect_enrollment(ids("U", "X", "", "E", "Y"), EnrollmentType::user, "U:X", "U");
}

TEST(Enrollment, AllFIsComparedExactly) {
    expect_enrollment(ids("U", "ffffffff-ffff-ffff-ffff-ffffffffffff", "jo"), EnrollmentType::user,
                      "U:ffffffff-ffff-ffff-ffff-ffffffffffff", "U");
}

TEST(Enrollment, RefusesWhatNamesNobody) {
    expect_invalid([] { (void)resolve({}); }, "nothing");
    expect_invalid([] { (void)resolve(ids("", "X", "jo")); }, "user without device");
    expect_invalid([] { (void)resolve(ids("", "", "", "", "X")); }, "enrollment user without enrollment");
    expect_invalid([] { (void)resolve(ids("U", all_f)); }, "shared iPad without a name");
}

TEST(Enrollment, ADeviceCannotNameSomebodysUserChannel) {
    expect_invalid([] { (void)resolve(ids("A:B")); }, "device");
    expect_invalid([] { (void)resolve(ids("A:B", "C")); }, "user");
    expect_invalid([] { (void)resolve(ids("", "", "", "A:B")); }, "enrollment");
    expect_invalid([] { (void)resolve(ids("", "", "", "A:B", "C")); }, "enrollment user");
    expect_enrollment(ids("A", "B:C"), EnrollmentType::user, "A:B:C", "A");
}

TEST(Enrollment, TheWholeIdIsBounded) {
    EXPECT_NO_THROW((void)resolve(ids(std::string(200, 'u'), std::string(54, 'x'))));
    expect_invalid([] { (void)resolve(ids(std::string(200, 'u'), std::string(55, 'x'))); }, "256 bytes");
    expect_invalid([] { (void)resolve(ids(std::string(10'000, 'u'))); }, "10 kB");
}

TEST(EnrollmentType, NamesAreNanoMdms) {
    for (const auto* name : {"Device", "User", "Shared iPad", "User Enrollment (Device)", "User Enrollment"})
        EXPECT_EQ(to_string(enrollment_type(name).value()), name);
    EXPECT_EQ(enrollment_type("device"), std::nullopt);
}

} // namespace
} // namespace nanomdm
