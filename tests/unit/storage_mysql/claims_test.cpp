// Claims of certificates, by several processes and beside what NanoMDM left or an administrator did.
#include "unit/storage_mysql/store_scene.hpp"

#include <algorithm>

namespace nanomdm::storage::mysql::test {
namespace {

const EnrollmentId mac{"A1B2"};
const EnrollmentId other_mac{"C3D4"};
const EnrollmentId third_mac{"E5F6"};
const std::string hash_1 = certificate_hash(1);

class Claims : public StoreTest {
protected:
    ClaimOutcome claim(const EnrollmentId& device, const std::string& hash,
                       ClaimRule rule = ClaimRule::unknown_certificate) {
        return storage().claim_certificate(device, hash, rule);
    }
    void insert_association(const EnrollmentId& device, const std::string& hash) {
        session().execute("INSERT INTO cert_auth_associations (id, sha256) VALUES (?, ?)",
                          {std::string_view{device.str()}, std::string_view{hash}});
    }
};

/// Storages as several processes have them.
class Processes {
public:
    Processes(int count, const MySqlOptions& options) {
        for (int i = 0; i < count; ++i) all_.push_back(std::make_unique<MySqlStorage>(options));
    }
    MySqlStorage& operator[](int i) { return *all_[static_cast<std::size_t>(i) % all_.size()]; }

private:
    std::vector<std::unique_ptr<MySqlStorage>> all_;
};

TEST_F(Claims, OfOneCertificateByDevicesAtSeveralProcessesOneWins) {
    constexpr int racers = 12;
    Processes processes{4, options()};
    for (unsigned round = 0; round < 10; ++round) {
        std::vector<ClaimOutcome> outcomes(racers);
        const auto id = [&](int i) { return EnrollmentId{std::to_string(round) + "-" + std::to_string(i)}; };
        in_parallel(racers, [&](int i) {
            const auto rule = i % 3 == 0 ? ClaimRule::first_certificate : ClaimRule::unknown_certificate;
            outcomes[static_cast<std::size_t>(i)] =
                processes[i].claim_certificate(id(i), certificate_hash(round), rule);
        });
        EXPECT_EQ(std::ranges::count(outcomes, ClaimOutcome::newly_associated), 1);
        EXPECT_EQ(std::ranges::count(outcomes, ClaimOutcome::certificate_of_another_device), racers - 1);
        for (int i = 0; i < racers; ++i)
            EXPECT_EQ(storage().is_associated(id(i), certificate_hash(round)),
                      outcomes[static_cast<std::size_t>(i)] == ClaimOutcome::newly_associated);
    }
}

TEST_F(Claims, OfAFirstCertificateAtSeveralProcessesOneWins) {
    constexpr int racers = 12;
    Processes processes{4, options()};
    for (unsigned round = 0; round < 10; ++round) {
        const EnrollmentId device{"mac " + std::to_string(round)};
        std::vector<ClaimOutcome> outcomes(racers);
        in_parallel(racers, [&](int i) {
            outcomes[static_cast<std::size_t>(i)] = processes[i].claim_certificate(
                device, certificate_hash(100 * round + static_cast<unsigned>(i)),
                ClaimRule::first_certificate);
        });
        EXPECT_EQ(std::ranges::count(outcomes, ClaimOutcome::newly_associated), 1);
        EXPECT_EQ(std::ranges::count(outcomes, ClaimOutcome::device_has_another_certificate), racers - 1);
        EXPECT_EQ(value("SELECT COUNT(*) FROM cert_auth_associations WHERE id = '" + device.str() + "'"),
                  "1");
    }
}

TEST_F(Claims, OfAnotherProcessAreSeenAtOnce) {
    MySqlStorage another{options()};
    EXPECT_FALSE(another.is_associated(mac, hash_1));
    claim(mac, hash_1);
    EXPECT_TRUE(another.is_associated(mac, hash_1)) << "«no» must not be remembered";
    EXPECT_EQ(another.claim_certificate(other_mac, hash_1, ClaimRule::unknown_certificate),
              ClaimOutcome::certificate_of_another_device);
}

TEST_F(Claims, NanoMdmsDuplicatesAreTolerated) {
    insert_association(mac, hash_1);
    insert_association(other_mac, hash_1);
    session().execute("INSERT INTO nanomdm_certificate_owners (sha256, id) VALUES (?, 'A1B2')",
                      {std::string_view{hash_1}});
    EXPECT_TRUE(storage().is_associated(mac, hash_1));
    EXPECT_TRUE(storage().is_associated(other_mac, hash_1));
    EXPECT_EQ(claim(other_mac, hash_1), ClaimOutcome::already_associated);
    EXPECT_EQ(claim(third_mac, hash_1), ClaimOutcome::certificate_of_another_device);
}

TEST_F(Claims, OfNanoMdmsDuplicatesTheOwnerIsTheOneNamed) {
    insert_association(mac, hash_1);
    insert_association(other_mac, hash_1);
    EXPECT_EQ(storage().device_of_certificate(hash_1), mac) << "always the same";
    session().execute("INSERT INTO nanomdm_certificate_owners (sha256, id) VALUES (?, 'C3D4')",
                      {std::string_view{hash_1}});
    EXPECT_EQ(storage().device_of_certificate(hash_1), other_mac);
    session().run("DELETE FROM cert_auth_associations");
    EXPECT_FALSE(storage().device_of_certificate(hash_1)) << "an owner alone is no association";
}

TEST_F(Claims, AnAssociationWrittenByNanoMdmLaterCounts) {
    insert_association(mac, hash_1); // and no owner
    EXPECT_EQ(claim(other_mac, hash_1), ClaimOutcome::certificate_of_another_device);
    EXPECT_EQ(claim(mac, certificate_hash(2), ClaimRule::first_certificate),
              ClaimOutcome::device_has_another_certificate);
    EXPECT_EQ(claim(mac, hash_1), ClaimOutcome::already_associated);
}

TEST_F(Claims, AnAssociationDeletedByHandFreesTheCertificate) {
    ASSERT_EQ(claim(mac, hash_1), ClaimOutcome::newly_associated);
    session().run("DELETE FROM cert_auth_associations");
    MySqlStorage another{options()};
    EXPECT_FALSE(another.is_associated(mac, hash_1));
    EXPECT_EQ(claim(other_mac, hash_1), ClaimOutcome::newly_associated);
    EXPECT_EQ(claim(mac, hash_1), ClaimOutcome::certificate_of_another_device);
    EXPECT_FALSE(storage().is_associated(mac, hash_1)) << "the refusal showed that what is remembered is old";

    session().run("DELETE FROM cert_auth_associations");
    EXPECT_EQ(claim(other_mac, certificate_hash(2), ClaimRule::first_certificate),
              ClaimOutcome::newly_associated);
}

TEST_F(Claims, ACertificateFreedByHandGoesToOneOfThoseWhoRace) {
    constexpr int racers = 12;
    Processes processes{4, options()};
    ASSERT_EQ(claim(mac, hash_1), ClaimOutcome::newly_associated);
    session().run("DELETE FROM cert_auth_associations");
    std::vector<ClaimOutcome> outcomes(racers);
    in_parallel(racers, [&](int i) {
        outcomes[static_cast<std::size_t>(i)] = processes[i].claim_certificate(
            EnrollmentId{"racer " + std::to_string(i)}, hash_1, ClaimRule::unknown_certificate);
    });
    EXPECT_EQ(std::ranges::count(outcomes, ClaimOutcome::newly_associated), 1);
    EXPECT_EQ(std::ranges::count(outcomes, ClaimOutcome::certificate_of_another_device), racers - 1);
}

TEST_F(Claims, ARenewalRefusedLeavesTheIdentity) {
    enroll(device(mac.str()));
    claim(other_mac, hash_1);
    EXPECT_EQ(storage().renew_certificate(mac, certificate(1)), ClaimOutcome::certificate_of_another_device);
    EXPECT_EQ(storage().identity_pem(mac), "pem of A1B2");
    EXPECT_EQ(value("SELECT COUNT(*) FROM cert_auth_associations WHERE id = 'A1B2'"), "0");
}

} // namespace
} // namespace nanomdm::storage::mysql::test
