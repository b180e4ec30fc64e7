// The servers that other tests stand on: they start, keep their address, forget nothing, speak TLS.
#include "support/database/database_tls.hpp"
#include "support/database/mariadb_server.hpp"
#include "support/database/programs.hpp"
#include "support/process/free_port.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

/// The server's cipher as a client sees it that connects by TCP with these arguments; its error otherwise.
std::string cipher_seen_by(const MariaDbServer& server, const std::vector<std::string>& arguments,
                           const std::string& user = "nanomdm") {
    std::vector<std::string> command{find_program("mariadb"),
                                     "--no-defaults",
                                     "--host=127.0.0.1",
                                     "--protocol=TCP",
                                     "--port=" + std::to_string(server.port()),
                                     "--user=" + user,
                                     "--password=secret",
                                     "--batch",
                                     "--skip-column-names",
                                     "--execute=SHOW SESSION STATUS LIKE 'Ssl_cipher'"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto finished = run(command);
    return finished.output + finished.error;
}

TEST(MariaDbServer, KeepsItsAddressAndWhatWasCommittedAcrossStopsAndKills) {
    MariaDbServer server;
    const auto port = server.port();
    server.create_database("kept");
    server.sql("CREATE TABLE t (n INT PRIMARY KEY); INSERT INTO t VALUES (1)", "kept");
    server.stop();
    EXPECT_FALSE(server.running());
    EXPECT_FALSE(accepts_connections(port));
    server.start();
    server.sql("INSERT INTO t VALUES (2)", "kept");
    server.kill();
    EXPECT_FALSE(server.running());
    server.start();
    EXPECT_EQ(server.port(), port);
    EXPECT_TRUE(accepts_connections(port));
    EXPECT_EQ(server.sql("SELECT n FROM t ORDER BY n", "kept"), "1\n2\n");
}

TEST(MariaDbServer, GivesThePlainUserNothingButItsDatabase) {
    MariaDbServer::Options options;
    options.durability = Durability::relaxed;
    MariaDbServer server{options};
    server.create_database("mine");
    const auto grants = server.sql("SHOW GRANTS FOR 'nanomdm'@'%'");
    EXPECT_THAT(grants, HasSubstr("GRANT USAGE ON *.*"));
    EXPECT_THAT(grants, HasSubstr("GRANT ALL PRIVILEGES ON `mine`.*"));
    EXPECT_EQ(server.dsn("mine"), "nanomdm:secret@tcp(127.0.0.1:" + std::to_string(server.port()) + ")/mine");
    EXPECT_EQ(server.socket_dsn("mine"), "nanomdm:secret@unix(" + server.socket().string() + ")/mine");
}

TEST(MariaDbServer, TakesFurtherArgumentsAndABinlog) {
    MariaDbServer::Options options;
    options.binlog = true;
    options.arguments = {"--max-connections=17"};
    MariaDbServer server{options};
    EXPECT_EQ(server.sql("SELECT @@max_connections, @@log_bin, @@innodb_flush_log_at_trx_commit"),
              "17\t1\t1\n");
}

TEST(MariaDbServer, SaysWhyItDidNotStart) {
    MariaDbServer::Options options;
    options.arguments = {"--no-such-option"};
    try {
        MariaDbServer server{options};
        FAIL() << "started";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("no-such-option"));
    }
}

TEST(MariaDbServer, SpeaksTlsWithACertificateThatVouchesForItsAddress) {
    const DatabaseTls tls;
    MariaDbServer::Options options;
    options.arguments = tls.server_arguments();
    const MariaDbServer server{options};
    const auto verify = std::vector<std::string>{"--ssl-verify-server-cert"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.end(), verify.begin(), verify.end());
        return more;
    };
    EXPECT_THAT(cipher_seen_by(server, with({"--ssl-ca=" + tls.ca().string()})), HasSubstr("TLS_"));
    EXPECT_THAT(cipher_seen_by(server, with({"--ssl-ca=" + tls.other_ca().string()})), HasSubstr("ERROR"));

    server.sql("CREATE USER strict@'%' IDENTIFIED BY 'secret' REQUIRE X509");
    const auto certificate = std::vector<std::string>{"--ssl-ca=" + tls.ca().string(),
                                                      "--ssl-cert=" + tls.client_certificate().string(),
                                                      "--ssl-key=" + tls.client_key().string()};
    EXPECT_THAT(cipher_seen_by(server, with(certificate), "strict"), HasSubstr("TLS_"));
    EXPECT_THAT(cipher_seen_by(server, with({"--ssl-ca=" + tls.ca().string()}), "strict"),
                HasSubstr("Access denied"));
}

TEST(MariaDbServer, MayHaveACertificateOfAnotherHost) {
    const DatabaseTls tls;
    MariaDbServer::Options options;
    options.arguments = tls.misnamed_server_arguments();
    const MariaDbServer server{options};
    const std::string ca = "--ssl-ca=" + tls.ca().string();
    EXPECT_THAT(cipher_seen_by(server, {ca, "--ssl-verify-server-cert"}), HasSubstr("ERROR"));
    EXPECT_THAT(cipher_seen_by(server, {ca}), HasSubstr("TLS_"));
}

} // namespace
} // namespace nanomdm::test
