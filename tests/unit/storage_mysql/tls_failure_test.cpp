// TLS that is TLS: encrypted as the server sees it, refused when the certificate or the server is not right.
#include "storage/mysql/failure.hpp"
#include "support/database/database_tls.hpp"
#include "unit/storage_mysql/failure_scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace nanomdm::storage::mysql::test {
namespace {

using nanomdm::test::DatabaseTls;
using nanomdm::test::MariaDbServer;

class Tls : public testing::Test {
protected:
    static void SetUpTestSuite() {
        files_ = std::make_unique<DatabaseTls>();
        good_ = start(files_->server_arguments());
        misnamed_ = start(files_->misnamed_server_arguments());
    }
    static void TearDownTestSuite() {
        misnamed_.reset();
        good_.reset();
        files_.reset();
    }

    [[nodiscard]] static Endpoint endpoint(const MariaDbServer& server, TlsMode mode, std::string ca = {}) {
        auto endpoint = endpoint_of(server, "work");
        endpoint.tls.mode = mode;
        endpoint.tls.ca = std::move(ca);
        return endpoint;
    }
    /// What the server says the connection uses; the session must say the same.
    [[nodiscard]] static std::string cipher(const Endpoint& endpoint) {
        Session session{endpoint};
        auto rows = session.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
        EXPECT_TRUE(rows.next());
        auto seen = rows.text(1);
        EXPECT_EQ(session.cipher(), seen);
        return seen;
    }
    [[nodiscard]] static std::string ca() { return files_->ca().string(); }
    [[nodiscard]] static std::string other_ca() { return files_->other_ca().string(); }

    static inline std::unique_ptr<DatabaseTls> files_;
    static inline std::unique_ptr<MariaDbServer> good_;
    static inline std::unique_ptr<MariaDbServer> misnamed_;

private:
    static std::unique_ptr<MariaDbServer> start(std::vector<std::string> arguments) {
        MariaDbServer::Options options;
        options.durability = nanomdm::test::Durability::relaxed;
        options.arguments = std::move(arguments);
        auto server = std::make_unique<MariaDbServer>(options);
        server->create_database("work");
        server->sql(
            "CREATE USER strict@'%' IDENTIFIED BY 'secret' REQUIRE X509; GRANT ALL ON work.* TO strict@'%'");
        return server;
    }
};

TEST_F(Tls, IsOffOnlyWhenItIsDisabled) {
    EXPECT_EQ(cipher(endpoint(*good_, TlsMode::disabled)), "");
    for (const auto mode : {TlsMode::preferred, TlsMode::required})
        EXPECT_THAT(cipher(endpoint(*good_, mode)), testing::StartsWith("TLS_")) << static_cast<int>(mode);
    for (const auto mode : {TlsMode::required, TlsMode::verify_ca, TlsMode::verify_identity})
        EXPECT_THAT(cipher(endpoint(*good_, mode, ca())), testing::StartsWith("TLS_"))
            << static_cast<int>(mode);
}

TEST_F(Tls, RefusesACertificateOfAnotherAuthority) {
    for (const auto mode : {TlsMode::verify_ca, TlsMode::verify_identity})
        EXPECT_EQ(errc_of([&] { Session{endpoint(*good_, mode, other_ca())}; }), Errc::unavailable)
            << static_cast<int>(mode);
}

TEST_F(Tls, RefusesACertificateOfAnotherHostWhenTheIdentityCounts) {
    EXPECT_EQ(errc_of([&] { Session{endpoint(*misnamed_, TlsMode::verify_identity, ca())}; }),
              Errc::unavailable);
    EXPECT_THAT(cipher(endpoint(*misnamed_, TlsMode::verify_ca, ca())), testing::StartsWith("TLS_"));
}

TEST_F(Tls, RefusesAServerWithoutTlsUnlessItIsOnlyPreferred) {
    server().create_database("work");
    for (const auto mode : {TlsMode::required, TlsMode::verify_ca, TlsMode::verify_identity})
        EXPECT_EQ(errc_of([&] { Session{endpoint(server(), mode, ca())}; }), Errc::unavailable)
            << static_cast<int>(mode);
    EXPECT_EQ(cipher(endpoint(server(), TlsMode::preferred)), "");
}

TEST_F(Tls, ShowsItsCertificateToAServerThatAsksForOne) {
    auto strict = endpoint(*good_, TlsMode::verify_identity, ca());
    strict.user = "strict";
    EXPECT_THROW(Session{strict}, Failure);
    strict.tls.certificate = files_->client_certificate().string();
    strict.tls.key = files_->client_key().string();
    EXPECT_THAT(cipher(strict), testing::StartsWith("TLS_"));
}

TEST(UnixSocket, IsUsedInsteadOfAPort) {
    server().create_database("work");
    auto endpoint = endpoint_of(server(), "work");
    endpoint.port = 1; // nobody is there
    endpoint.socket = server().socket().string();
    Session session{endpoint};
    EXPECT_EQ(value(session, "SELECT SUBSTRING_INDEX(host, ':', 1) FROM information_schema.processlist WHERE "
                             "id = CONNECTION_ID()"),
              "localhost");
}

} // namespace
} // namespace nanomdm::storage::mysql::test
