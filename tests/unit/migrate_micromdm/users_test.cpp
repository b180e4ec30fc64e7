// User channels, which MicroMDM keeps by user ID alone.
#include "mdm/decode.hpp"
#include "recording_sink.hpp"

#include <gmock/gmock.h>

namespace nanomdm::migrate {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr auto user = "3D1B4AF9-A61C-4B7E-874B-32A2B24B3F77";
const std::string user_channel = std::string{mac} + ":" + user;

TEST_F(MicroMdm, AUserComesOverWithItsPushInfoAndItsCommands) {
    database_.add(MicroMdmDevice{.udid = mac});
    database_.add(MicroMdmUser{.udid = mac, .user_id = user, .short_name = "ann", .long_name = "Ann Ö."},
                  {.token = "0a0b", .magic = "her magic"});
    database_.enqueue(user, MicroMdmList::commands, "uuid-1", "ProfileList");
    const auto sink = read();
    EXPECT_EQ(sink.expected, 2U);
    ASSERT_THAT(sink.ids(), ElementsAre(mac, user_channel));
    EXPECT_THAT(reasons(sink), IsEmpty());
    const auto& [state, messages, token_updated_at, is_unconfirmed, identity, hashes, may_claim, bootstrap,
                 commands] = sink.enrollments[1];
    EXPECT_EQ(state.enrollment.type, EnrollmentType::user);
    EXPECT_EQ(state.enrollment.parent, EnrollmentId{mac});
    EXPECT_TRUE(state.enabled);
    EXPECT_EQ(state.user_short_name, "ann");
    EXPECT_EQ(state.user_long_name, "Ann Ö.");
    EXPECT_EQ(state.push->token.hex(), "0a0b");
    EXPECT_EQ(state.push->magic.str(), "her magic");
    EXPECT_FALSE(is_unconfirmed);
    EXPECT_FALSE(messages.authenticate);
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0].command.uuid.str(), "uuid-1");
    const auto token_update = std::get<TokenUpdate>(decode_check_in(*messages.token_update));
    EXPECT_EQ(token_update.enrollment, state.enrollment);
    EXPECT_EQ(token_update.push, state.push);
    EXPECT_EQ(token_update.user_short_name.str(), "ann");
    EXPECT_EQ(token_update.user_long_name.str(), "Ann Ö.");
}

TEST_F(MicroMdm, UsersWithoutAChannelOfTheirOwnAreSkipped) {
    database_.add(MicroMdmDevice{.udid = mac});
    database_.put("mdm.Users", "made by the API",
                  MicroMdmUser{.udid = "", .user_id = "", .uuid = "made by the API"}.encode());
    database_.put("mdm.Users", "quiet", MicroMdmUser{.udid = mac, .user_id = user}.encode());
    const auto sink = read();
    EXPECT_THAT(sink.ids(), ElementsAre(mac));
    EXPECT_THAT(reasons(sink), UnorderedElementsAre("user made by the API: has no user channel",
                                                    "user " + user_channel + ": has no push info"));
}

TEST_F(MicroMdm, ThePushInfoThatAllSharedIpadUsersShareIsNobodys) {
    constexpr auto all = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF";
    database_.add(MicroMdmDevice{.udid = ipad});
    database_.add(MicroMdmUser{.udid = ipad, .user_id = all, .short_name = "ann@example.org"}, {});
    database_.enqueue(all, MicroMdmList::commands, "uuid-1", "ProfileList");
    const auto sink = read();
    EXPECT_THAT(sink.ids(), ElementsAre(ipad));
    EXPECT_EQ(sink.expected, 1U);
    EXPECT_THAT(
        reasons(sink),
        UnorderedElementsAre(testing::StartsWith("user " + std::string{ipad} + ": of a Shared iPad"),
                             testing::StartsWith("user " + std::string{all} + ": the push info that all"),
                             testing::StartsWith("command " + std::string{all} + ": pending for an")));
}

TEST_F(MicroMdm, UsersOfADeviceThatDoesNotComeOverAreSkipped) {
    database_.add(MicroMdmDevice{.udid = mac, .enrolled = false});
    database_.add(MicroMdmUser{.udid = mac, .user_id = user}, {});
    database_.add(MicroMdmUser{.udid = "gone", .user_id = "other"}, {});
    const auto sink = read();
    EXPECT_THAT(sink.ids(), IsEmpty());
    EXPECT_EQ(sink.expected, 0U);
    EXPECT_THAT(reasons(sink),
                UnorderedElementsAre("device " + std::string{mac} + ": not enrolled",
                                     "user " + user_channel + ": its device does not come over",
                                     "user gone:other: its device does not come over"));
}

TEST_F(MicroMdm, ADirectoryUserOfTwoMacsComesOverWhereItsPushTokenIs) {
    database_.add(MicroMdmDevice{.udid = mac});
    database_.add(MicroMdmDevice{.udid = ipad});
    database_.add(MicroMdmUser{.udid = ipad, .user_id = user, .auth_token = "0102"}, {});
    database_.add(MicroMdmUser{.udid = mac, .user_id = user, .auth_token = "0304"}, {.token = "0304"});
    const auto sink = read();
    EXPECT_THAT(sink.ids(), ElementsAre(ipad, mac, user_channel));
    EXPECT_THAT(reasons(sink), ElementsAre(testing::HasSubstr("the push token of the same user on another")));
}

TEST_F(MicroMdm, AUserWithAMalformedTokenIsAFailureAndTheDeviceComes) {
    database_.add(MicroMdmDevice{.udid = mac});
    database_.add(MicroMdmUser{.udid = mac, .user_id = user}, {.token = "xyz"});
    const auto sink = read();
    EXPECT_THAT(sink.ids(), ElementsAre(mac));
    EXPECT_THAT(reasons(sink), ElementsAre("!user " + user_channel + ": push token is not hexadecimal"));
}

} // namespace
} // namespace nanomdm::migrate
