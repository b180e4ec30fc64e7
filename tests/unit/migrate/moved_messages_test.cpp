// Messages made anew say what the device once said.
#include "mdm/decode.hpp"
#include "migrate/moved_messages.hpp"
#include "nanomdm/error.hpp"
#include "support/simulator/plist_dict.hpp"

#include <gtest/gtest.h>

namespace nanomdm::migrate {
namespace {

using sim::Dict;

const std::string unlock_token{"\0\xFF unlock\n", 10};

Dict token_update() {
    return Dict{}
        .string("MessageType", "TokenUpdate")
        .string("UDID", "U1")
        .string("Topic", "com.apple.mgmt.External.x")
        .string("PushMagic", "<magic & more>")
        .bytes("Token", std::string(32, '\x9C'))
        .boolean("AwaitingConfiguration", false);
}

TokenUpdate decoded(const std::string& body) { return std::get<TokenUpdate>(decode_check_in(body)); }

TEST(MovedMessages, AnUnlockTokenIsPutBackAndTheRestStays) {
    for (const auto& message : {token_update().document(), sim::to_binary(token_update().document()),
                                Dict{}.merge(token_update()).bytes("UnlockToken", "").document()}) {
        const auto moved = decoded(with_unlock_token(message, unlock_token));
        const auto original = decoded(message);
        EXPECT_EQ(moved.unlock_token, unlock_token);
        EXPECT_EQ(moved.push, original.push);
        EXPECT_EQ(moved.enrollment, original.enrollment);
        EXPECT_NE(moved.raw.find("AwaitingConfiguration"), std::string::npos);
    }
}

TEST(MovedMessages, AMessageWithAnUnlockTokenStaysByteForByte) {
    const auto message = token_update().bytes("UnlockToken", "the newer one").document();
    EXPECT_EQ(with_unlock_token(message, unlock_token), message);
}

TEST(MovedMessages, WhatIsNoPropertyListIsRefused) {
    EXPECT_THROW((void)with_unlock_token("no list", unlock_token), Error);
}

TEST(MovedMessages, ABootstrapTokenIsEscrowedForTheSameDevice) {
    const std::string token{"\0\x01\x02", 3};
    for (const auto type : {EnrollmentType::device, EnrollmentType::user_enrollment_device}) {
        const Enrollment device{.id = EnrollmentId{"A<&>\"' é"}, .type = type, .parent = std::nullopt};
        const auto message =
            std::get<SetBootstrapToken>(decode_check_in(set_bootstrap_token_message(device, token)));
        EXPECT_EQ(message.enrollment, device);
        EXPECT_EQ(message.token, token);
    }
}

} // namespace
} // namespace nanomdm::migrate
