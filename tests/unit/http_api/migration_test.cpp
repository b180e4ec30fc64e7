// Messages brought by an administrator reach core as devices' messages do, and only those with an effect.
#include "http/api/migration_endpoint.hpp"
#include "nanomdm/error.hpp"
#include "service/core.hpp"
#include "storage/inmem/inmem_storage.hpp"
#include "unit/service/recording_service.hpp"

#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

std::string plist(const std::string& members) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><plist version=\"1.0\"><dict>"
           "<key>UDID</key><string>U1</string>" +
           members + "</dict></plist>";
}

std::string of_type(const std::string& type, const std::string& members = {}) {
    return plist("<key>MessageType</key><string>" + type + "</string>" + members);
}

class Migration : public testing::Test {
protected:
    static HttpResponse take(const std::string& body, MigrationEndpoint& by) {
        HttpRequest http;
        http.trace_id = "0123456789abcdef";
        http.body = body;
        return by.take(http);
    }
    HttpResponse take(const std::string& body) { return take(body, endpoint); }
    static Errc refusal(const std::string& body, MigrationEndpoint& by) {
        try {
            (void)take(body, by);
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "taken: " << body;
        return Errc::internal;
    }

    storage::InMemStorage storage;
    service::Core core{storage, storage, storage, {}};
    MigrationEndpoint endpoint{core};
};

TEST_F(Migration, TheAnswerIsTheDevices) {
    (void)take(of_type("Authenticate"));
    EXPECT_EQ(take(of_type("SetBootstrapToken", "<key>BootstrapToken</key><data>AAEC</data>")).status, 200U);
    EXPECT_NE(take(of_type("GetBootstrapToken")).body.find("AAEC"), std::string::npos);
    EXPECT_EQ(take(of_type("UserAuthenticate", "<key>UserID</key><string>A</string>")).status, 410U);
}

TEST_F(Migration, AMessageReachesCoreWithItsBytesAndWithoutACertificateOrAnEvent) {
    const auto body = of_type("Authenticate", "<key>Topic</key><string>T</string>");
    const auto answer = take(body);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(storage.messages(EnrollmentId{"U1"}).authenticate, body);
    EXPECT_EQ(storage.identity_pem(EnrollmentId{"U1"}), std::nullopt);
    EXPECT_EQ(storage.outbox_state().waiting, 0U);
}

TEST_F(Migration, WhatAsksOtherServersIsRefusedBeforeCoreHearsOfIt) {
    service::RecordingService asked;
    MigrationEndpoint recording{asked};
    const auto refused = [&](const std::string& body) { return Migration::refusal(body, recording); };
    EXPECT_EQ(refused(of_type("DeclarativeManagement", "<key>Endpoint</key><string>tokens</string>")),
              Errc::invalid);
    EXPECT_EQ(refused(of_type("GetToken", "<key>TokenServiceType</key><string>com.apple.maid</string>")),
              Errc::invalid);
    // A type that a glance would take for another one.
    EXPECT_EQ(refused(plist("<key>MessageType</key><string>CheckOut</string>"
                            "<key>MessageType</key><string>GetToken</string>"
                            "<key>TokenServiceType</key><string>com.apple.maid</string>")),
              Errc::invalid);
    EXPECT_TRUE(asked.calls.empty());
}

TEST_F(Migration, WhatIsNoCheckInIsRefused) {
    for (const auto& body : {std::string{}, std::string{"no list"}, plist({}), of_type("Other")})
        EXPECT_EQ(refusal(body, endpoint), Errc::invalid) << body;
}

} // namespace
} // namespace nanomdm::http
