// What the devices' messages cost in statements: the budget of round trips, counted by the server.
#include "unit/storage_mysql/store_scene.hpp"

namespace nanomdm::storage::mysql::test {
namespace {

class RoundTrips : public StoreTest {
protected:
    std::int64_t of(const std::function<void()>& work) { return round_trips_of(work); }
};

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");

TEST_F(RoundTrips, TokenUpdateOfADeviceTwo) {
    enroll(mac);
    EXPECT_EQ(of([&] { storage().store_token_update(token_update(mac, "<t>", "unlock me")); }), 2);
}

TEST_F(RoundTrips, TokenUpdateOfAUserTwo) {
    enroll(mac);
    EXPECT_EQ(of([&] { storage().store_token_update(token_update(anna)); }), 2);
}

TEST_F(RoundTrips, AuthenticateWithANewCertificateFive) {
    enroll(mac);
    unsigned number = 0;
    EXPECT_EQ(of([&] {
                  EXPECT_EQ(storage().claim_certificate(mac.id, certificate_hash(++number),
                                                        ClaimRule::unknown_certificate),
                            ClaimOutcome::newly_associated);
                  storage().store_authenticate(authenticate(mac), "pem");
              }),
              5);
}

TEST_F(RoundTrips, AuthenticateWithItsOwnCertificateFive) {
    enroll(mac);
    EXPECT_EQ(of([&] {
                  storage().claim_certificate(mac.id, certificate_hash(1), ClaimRule::unknown_certificate);
                  storage().store_authenticate(authenticate(mac), "pem");
              }),
              5);
}

TEST_F(RoundTrips, AuthenticateOfANewDeviceFour) {
    unsigned number = 0;
    EXPECT_EQ(of([&] {
                  const auto fresh = device("new mac " + std::to_string(++number));
                  storage().claim_certificate(fresh.id, certificate_hash(number),
                                              ClaimRule::unknown_certificate);
                  storage().store_authenticate(authenticate(fresh), "pem");
              }),
              4);
}

TEST_F(RoundTrips, AssociationsAreRemembered) {
    storage().claim_certificate(mac.id, certificate_hash(1), ClaimRule::unknown_certificate);
    EXPECT_EQ(of([&] { EXPECT_TRUE(storage().is_associated(mac.id, certificate_hash(1))); }), 0);
    EXPECT_EQ(of([&] { EXPECT_FALSE(storage().is_associated(mac.id, certificate_hash(2))); }), 1)
        << "what another process may change is asked";
}

TEST_F(RoundTrips, AnAssociationFoundIsRemembered) {
    storage().claim_certificate(mac.id, certificate_hash(1), ClaimRule::unknown_certificate);
    MySqlStorage another{options()};
    EXPECT_TRUE(another.is_associated(mac.id, certificate_hash(1)));
    EXPECT_EQ(of([&] { EXPECT_TRUE(another.is_associated(mac.id, certificate_hash(1))); }), 0);
}

TEST_F(RoundTrips, TheOthersOne) {
    enroll(mac);
    EXPECT_EQ(of([&] { storage().store_check_out(check_out(mac)); }), 1);
    EXPECT_EQ(of([&] { storage().store_bootstrap_token(set_bootstrap_token(mac, "token")); }), 1);
    EXPECT_EQ(of([&] { EXPECT_TRUE(storage().bootstrap_token(mac.id)); }), 1);
    EXPECT_EQ(of([&] { EXPECT_TRUE(storage().enrollment(mac.id)); }), 1);
    EXPECT_EQ(of([&] { EXPECT_TRUE(storage().identity_pem(mac.id)); }), 1);
}

TEST_F(RoundTrips, PushTargetsOneForAThousand) {
    std::vector<EnrollmentId> ids;
    for (int i = 0; i < 2500; ++i) ids.emplace_back("mac-" + std::to_string(i));
    EXPECT_EQ(of([&] { (void)storage().push_targets(ids); }), 3);
    EXPECT_EQ(of([&] { (void)storage().push_targets(std::span{ids}.first(1000)); }), 1);
}

TEST_F(RoundTrips, DeadTokensOneForAThousand) {
    std::vector<DeadToken> dead;
    for (int i = 0; i < 2500; ++i)
        dead.push_back({EnrollmentId{"mac-" + std::to_string(i)}, PushToken{"token"}});
    EXPECT_EQ(of([&] { storage().mark_not_pushable(dead); }), 3);
}

} // namespace
} // namespace nanomdm::storage::mysql::test
