// Bootstrap tokens: escrowed, replaced, removed.
#include "contract/storage_contract.hpp"

namespace nanomdm::contract {
namespace {

using std::string;
using testing::Optional;

const Enrollment mac = device("A1B2");
const Enrollment other_mac = device("C3D4");

TEST_P(BootstrapTokenContract, NoneUntilEscrowed) {
    enroll(mac);
    EXPECT_FALSE(storage().bootstrap_token(mac.id));
}

TEST_P(BootstrapTokenContract, TheLastOneCounts) {
    enroll(mac);
    enroll(other_mac);
    storage().store_bootstrap_token(set_bootstrap_token(mac, "first"));
    storage().store_bootstrap_token(set_bootstrap_token(other_mac, "other"));
    storage().store_bootstrap_token(set_bootstrap_token(mac, "second"));
    EXPECT_THAT(storage().bootstrap_token(mac.id), Optional(string{"second"}));
    EXPECT_THAT(storage().bootstrap_token(other_mac.id), Optional(string{"other"}));
}

TEST_P(BootstrapTokenContract, AnEmptyOneRemoves) {
    enroll(mac);
    EXPECT_NO_THROW(storage().store_bootstrap_token(set_bootstrap_token(mac, ""))) << "there was none";
    storage().store_bootstrap_token(set_bootstrap_token(mac, "first"));
    storage().store_bootstrap_token(set_bootstrap_token(mac, ""));
    EXPECT_FALSE(storage().bootstrap_token(mac.id));
}

TEST_P(BootstrapTokenContract, LargeBinaryTokensComeBackByteForByte) {
    enroll(mac);
    for (const std::size_t size : {1UL, 255UL, 70'000UL}) {
        storage().store_bootstrap_token(set_bootstrap_token(mac, binary_bytes(size)));
        EXPECT_TRUE(storage().bootstrap_token(mac.id) == binary_bytes(size)) << size;
    }
}

TEST_P(BootstrapTokenContract, MayComeBeforeTheFirstTokenUpdate) {
    storage().store_authenticate(authenticate(mac), "pem");
    storage().store_bootstrap_token(set_bootstrap_token(mac, "early"));
    storage().store_token_update(token_update(mac));
    EXPECT_THAT(storage().bootstrap_token(mac.id), Optional(string{"early"}));
}

TEST_P(BootstrapTokenContract, OneFromAUserChannelIsItsDevices) {
    const auto anna = user_of(mac, "ANNA");
    enroll(mac);
    add_user(anna);
    storage().store_bootstrap_token(set_bootstrap_token(anna, "token"));
    EXPECT_FALSE(storage().bootstrap_token(anna.id));
    EXPECT_THAT(storage().bootstrap_token(mac.id), Optional(string{"token"}));
}

TEST_P(BootstrapTokenContract, WithoutAuthenticateIsInvalid) {
    for (const string token : {"token", ""}) {
        try {
            storage().store_bootstrap_token(set_bootstrap_token(mac, token));
            FAIL() << "accepted";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::invalid) << error.what();
        }
    }
    EXPECT_FALSE(storage().bootstrap_token(mac.id));
}

} // namespace
} // namespace nanomdm::contract
