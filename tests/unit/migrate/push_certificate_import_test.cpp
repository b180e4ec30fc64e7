// Of two push certificates the one that is valid longer stays.
#include "migrate/push_certificate_import.hpp"

#include "storage/inmem/inmem_storage.hpp"
#include "support/simulator/identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace nanomdm::migrate {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::HasSubstr;

const Topic topic{"com.apple.mgmt.External.import"};

PushCertificate valid_for(std::chrono::seconds time, const std::string& of_topic = topic.str()) {
    const auto identity = sim::self_signed(
        {.common_name = "APSP:import", .user_id = of_topic, .ends_in = time}, sim::KeyKind::ec_p256);
    return {topic, identity.certificate_pem(), identity.key_pem()};
}

class PushCertificateImport : public testing::Test {
protected:
    /// @return the report's text
    std::string import(const PushCertificate& certificate, ImportMode mode = ImportMode::apply) {
        ImportReport report;
        import_push_certificate(certificate, storage, mode, report);
        std::ostringstream out;
        report.print(out);
        failed = report.has_failures();
        return out.str();
    }
    [[nodiscard]] std::string certificate_here() {
        const auto here = storage.push_certificate(topic);
        return here ? here->certificate_pem : "";
    }
    [[nodiscard]] std::uint64_t version() { return storage.push_certificate_version(topic).value_or(0); }

    storage::InMemStorage storage;
    bool failed = false;
};

TEST_F(PushCertificateImport, TheFirstIsStoredAndTheSameAgainChangesNothing) {
    const auto certificate = valid_for(1000h);
    EXPECT_THAT(import(certificate), ContainsRegex("push certificates +1 +0 +0 +-"));
    EXPECT_EQ(certificate_here(), certificate.certificate_pem);
    const auto before = version();
    EXPECT_THAT(import(certificate), ContainsRegex("push certificates +0 +0 +1 +-"));
    EXPECT_EQ(version(), before);
}

TEST_F(PushCertificateImport, TheOneThatIsValidLongerStays) {
    const auto shorter = valid_for(1000h);
    const auto longer = valid_for(2000h);
    (void)import(shorter);
    EXPECT_THAT(import(longer), AllOf(ContainsRegex("push certificates +0 +1 +0 +-"),
                                      HasSubstr("takes the place of another one")));
    EXPECT_EQ(certificate_here(), longer.certificate_pem);
    EXPECT_THAT(import(shorter), AllOf(ContainsRegex("push certificates +0 +0 +1 +-"),
                                       HasSubstr("another one is here that is valid longer; it stays")));
    EXPECT_EQ(certificate_here(), longer.certificate_pem);
    EXPECT_FALSE(failed);
}

TEST_F(PushCertificateImport, ADryRunStoresNothing) {
    EXPECT_THAT(import(valid_for(1000h), ImportMode::look), ContainsRegex("push certificates +1 "));
    EXPECT_EQ(certificate_here(), "");
}

TEST_F(PushCertificateImport, AnExpiredOneComesOverAndIsNamed) {
    auto request = sim::CertificateRequest{.common_name = "APSP:import", .user_id = topic.str()};
    request.starts_in = -100h;
    request.ends_in = -1h;
    const auto identity = sim::self_signed(request, sim::KeyKind::ec_p256);
    EXPECT_THAT(import({topic, identity.certificate_pem(), identity.key_pem()}), HasSubstr("has expired"));
    EXPECT_EQ(certificate_here(), identity.certificate_pem());
}

TEST_F(PushCertificateImport, WhatCannotBeUsedIsAFailureAndStoresNothing) {
    auto foreign_key = valid_for(1000h);
    foreign_key.private_key_pem = valid_for(1000h).private_key_pem;
    for (const auto& bad : {foreign_key, PushCertificate{topic, "not a certificate", "nor a key"},
                            valid_for(1000h, "com.apple.mgmt.External.other")}) {
        EXPECT_THAT(import(bad), HasSubstr("failed:\n  1 push certificate, "));
        EXPECT_TRUE(failed);
        EXPECT_EQ(certificate_here(), "");
    }
}

} // namespace
} // namespace nanomdm::migrate
