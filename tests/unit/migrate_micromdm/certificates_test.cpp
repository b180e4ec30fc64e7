// Identity certificates, the push certificate and the CA of the built-in SCEP.
#include "crypto/digest.hpp"
#include "encoding/hex.hpp"
#include "nanomdm/error.hpp"
#include "recording_sink.hpp"
#include "support/bolt/proto_record.hpp"
#include "support/test_ca.hpp"

#include <gmock/gmock.h>

namespace nanomdm::migrate {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto scep = "scep_certificates";

TEST_F(MicroMdm, TheIdentityIsFoundAmongTheIssuedCertificatesByItsHash) {
    const auto ca = TestCa::make_root();
    for (int i = 0; i < 10; ++i)
        database_.put(scep, "someone." + std::to_string(i), ca.issue().certificate_der());
    const auto identity = ca.issue();
    database_.put(scep, "a device.77", identity.certificate_der());
    database_.put(scep, "serial", "\x4E");
    database_.add(MicroMdmDevice{.udid = mac}, sha256(identity.certificate_der()));
    database_.add(MicroMdmDevice{.udid = ipad}, sha256("of another CA"));
    const auto sink = read();
    EXPECT_THAT(sink.find(mac)->certificate_hashes, ElementsAre(sha256_hex(identity.certificate_der())));
    EXPECT_EQ(sink.find(mac)->identity_pem, identity.certificate_pem);
    EXPECT_THAT(sink.find(ipad)->certificate_hashes, ElementsAre(sha256_hex("of another CA")));
    EXPECT_EQ(sink.find(ipad)->identity_pem, std::nullopt);
}

TEST_F(MicroMdm, AHashOfAnotherLengthIsAFailureAndTheDeviceComes) {
    database_.add(MicroMdmDevice{.udid = mac}, std::string(31, 'h'));
    const auto sink = read();
    EXPECT_THAT(sink.find(mac)->certificate_hashes, IsEmpty());
    EXPECT_THAT(reasons(sink), ElementsAre("!certificate " + std::string{mac} + ": is no SHA-256 hash"));
}

TEST_F(MicroMdm, ThePushCertificateComesFirst) {
    const auto ca = TestCa::make_root();
    const auto identity =
        ca.issue({.common_name = "APSP", .user_id = micromdm_topic, .key_type = KeyType::rsa_2048});
    database_.put("mdm.ServerConfig", "config",
                  ProtoRecord{}.add(1, identity.certificate_pem).add(2, identity.private_key_pem).str());
    const auto sink = read();
    ASSERT_EQ(sink.certificates.size(), 1U);
    EXPECT_EQ(sink.certificates[0].topic.str(), micromdm_topic);
    EXPECT_EQ(sink.certificates[0].certificate_pem, identity.certificate_pem);
    EXPECT_EQ(sink.certificates[0].private_key_pem, identity.private_key_pem);
    EXPECT_THAT(sink.skipped, IsEmpty());
}

TEST_F(MicroMdm, APushCertificateThatIsNoneIsAFailureAndItsAbsenceIsNot) {
    const auto ca = TestCa::make_root();
    const auto identity = ca.issue({.user_id = micromdm_topic});
    database_.put("mdm.ServerConfig", "config",
                  ProtoRecord{}.add(1, identity.certificate_pem).add(2, ca.private_key_pem()).str());
    EXPECT_THAT(read().reasons(),
                ElementsAre("!push certificate config: push certificate: the private key does not "
                            "belong to the certificate"));
    database_.put("mdm.ServerConfig", "config", "\xFF");
    EXPECT_THAT(read().reasons(), ElementsAre("!push certificate config: record cannot be decoded"));
    database_.remove("mdm.ServerConfig", "config");
    EXPECT_THAT(read().reasons(), ElementsAre("push certificate config: MicroMDM has none"));
}

TEST_F(MicroMdm, TheCaOfTheBuiltInScepIsGivenAsPem) {
    const auto ca = TestCa::make_root("MicroMDM");
    const Identity root{ca.certificate_pem(), ca.private_key_pem()};
    database_.put(scep, "ca_certificate", root.certificate_der());
    database_.write(path_);
    EXPECT_EQ(MicroMdmSource{path_}.scep_ca(), ca.certificate_pem());

    database_.put(scep, "ca_certificate", "no certificate");
    database_.write(path_);
    EXPECT_THROW(static_cast<void>(MicroMdmSource{path_}.scep_ca()), Error);

    database_.remove(scep, "ca_certificate");
    database_.write(path_);
    EXPECT_EQ(MicroMdmSource{path_}.scep_ca(), std::nullopt);
}

} // namespace
} // namespace nanomdm::migrate
