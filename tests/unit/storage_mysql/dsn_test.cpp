// Both forms of a DSN, as administrators and NanoMDM's documentation write them.
#include "nanomdm/error.hpp"
#include "storage/mysql/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::storage::mysql {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string refusal(std::string_view dsn) {
    try {
        (void)parse_dsn(dsn);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid);
        return error.what();
    }
    return "accepted";
}

TEST(GoDsn, NamesUserPasswordAddressAndDatabase) {
    const auto endpoint = parse_dsn("nanomdm:secret@tcp(db.example.com:3307)/mdm");
    EXPECT_EQ(endpoint.user, "nanomdm");
    EXPECT_EQ(endpoint.password, "secret");
    EXPECT_EQ(endpoint.host, "db.example.com");
    EXPECT_EQ(endpoint.port, 3307);
    EXPECT_EQ(endpoint.socket, "");
    EXPECT_EQ(endpoint.database, "mdm");
    EXPECT_EQ(endpoint.tls.mode, TlsMode::disabled);
    EXPECT_THAT(endpoint.ignored, IsEmpty());
}

TEST(GoDsn, AddressHasDefaults) {
    for (const auto* dsn : {"u:p@/mdm", "u:p@tcp/mdm", "u:p@tcp()/mdm", "u:p@(127.0.0.1)/mdm",
                            "u:p@tcp(:3306)/mdm", "u:p@tcp(127.0.0.1:)/mdm"}) {
        const auto endpoint = parse_dsn(dsn);
        EXPECT_EQ(endpoint.host, "127.0.0.1") << dsn;
        EXPECT_EQ(endpoint.port, 3306) << dsn;
        EXPECT_EQ(endpoint.database, "mdm") << dsn;
    }
    EXPECT_EQ(parse_dsn("/mdm").user, "");
    EXPECT_EQ(parse_dsn("u@/mdm").password, "");
}

TEST(GoDsn, PasswordMayHoldWhatSeparatesTheParts) {
    for (const std::string password :
         {"p@ss", "p:ss", "p/ss", "p@tcp(x)/y", "/", "@", ":", "p%41", "p?a=b", "p w"}) {
        const auto endpoint = parse_dsn("u:" + password + "@tcp(h:1)/mdm");
        EXPECT_EQ(endpoint.password, password);
        EXPECT_EQ(endpoint.user, "u");
        EXPECT_EQ(endpoint.host, "h");
        EXPECT_EQ(endpoint.database, "mdm");
    }
}

TEST(GoDsn, IPv6AddressStandsInBrackets) {
    const auto endpoint = parse_dsn("u:p@tcp([::1]:3307)/mdm");
    EXPECT_EQ(endpoint.host, "::1");
    EXPECT_EQ(endpoint.port, 3307);
    EXPECT_EQ(endpoint.description(), "u@[::1]:3307/mdm");
    EXPECT_EQ(parse_dsn("u:p@tcp([fe80::1])/mdm").port, 3306);
}

TEST(GoDsn, UnixSocket) {
    const auto endpoint = parse_dsn("u:p@unix(/run/mysqld/mysqld.sock)/mdm?tls=false");
    EXPECT_EQ(endpoint.socket, "/run/mysqld/mysqld.sock");
    EXPECT_EQ(endpoint.database, "mdm");
    EXPECT_EQ(parse_dsn("u:p@unix/mdm").socket, "/tmp/mysql.sock");
}

TEST(GoDsn, ParametersMayHoldPaths) {
    const auto endpoint =
        parse_dsn("u:p/w@tcp(h)/mdm?ssl-ca=/etc/ssl/ca.pem&ssl-cert=/a@b/c&ssl-key=%2Fetc%2Fkey");
    EXPECT_EQ(endpoint.password, "p/w");
    EXPECT_EQ(endpoint.database, "mdm");
    EXPECT_EQ(endpoint.tls.ca, "/etc/ssl/ca.pem");
    EXPECT_EQ(endpoint.tls.certificate, "/a@b/c");
    EXPECT_EQ(endpoint.tls.key, "/etc/key");
}

TEST(GoDsn, DatabaseIsPercentDecoded) { EXPECT_EQ(parse_dsn("u:p@/m%2Fd%6d").database, "m/dm"); }

TEST(UrlDsn, NamesUserPasswordAddressAndDatabase) {
    const auto endpoint = parse_dsn("mysql://nanomdm:secret@db.example.com:3307/mdm?ssl-ca=/etc/ca.pem");
    EXPECT_EQ(endpoint.user, "nanomdm");
    EXPECT_EQ(endpoint.password, "secret");
    EXPECT_EQ(endpoint.host, "db.example.com");
    EXPECT_EQ(endpoint.port, 3307);
    EXPECT_EQ(endpoint.database, "mdm");
    EXPECT_EQ(endpoint.tls.ca, "/etc/ca.pem");
    EXPECT_EQ(parse_dsn("mariadb://u@[::1]/mdm").host, "::1");
}

TEST(UrlDsn, PartsArePercentDecoded) {
    const auto endpoint = parse_dsn("mysql://u%40x:p%2F%3F%23%25+@h/m%20d?ssl-ca=/a+b%26c");
    EXPECT_EQ(endpoint.user, "u@x");
    EXPECT_EQ(endpoint.password, "p/?#%+");
    EXPECT_EQ(endpoint.database, "m d");
    EXPECT_EQ(endpoint.tls.ca, "/a+b&c");
}

TEST(UrlDsn, UnixSocketIsAParameter) {
    EXPECT_EQ(parse_dsn("mysql://u:p@localhost/mdm?socket=/run/m.sock").socket, "/run/m.sock");
}

TEST(DsnParameters, SslModesInAnySpelling) {
    const auto mode = [](const std::string& parameter) { return parse_dsn("u:p@/d?" + parameter).tls.mode; };
    EXPECT_EQ(mode("ssl-mode=DISABLED"), TlsMode::disabled);
    EXPECT_EQ(mode("ssl_mode=preferred"), TlsMode::preferred);
    EXPECT_EQ(mode("SSL-Mode=Required"), TlsMode::required);
    EXPECT_EQ(mode("ssl-mode=VERIFY_CA"), TlsMode::verify_ca);
    EXPECT_EQ(mode("ssl-mode=verify-identity"), TlsMode::verify_identity);
}

TEST(DsnParameters, TlsAsTheGoDriverHasIt) {
    const auto mode = [](const std::string& value) { return parse_dsn("u:p@/d?tls=" + value).tls.mode; };
    EXPECT_EQ(mode("true"), TlsMode::verify_identity);
    EXPECT_EQ(mode("skip-verify"), TlsMode::required);
    EXPECT_EQ(mode("preferred"), TlsMode::preferred);
    EXPECT_EQ(mode("false"), TlsMode::disabled);
}

TEST(DsnParameters, NamingAnAuthorityMeansVerifyIdentity) {
    EXPECT_EQ(parse_dsn("u:p@/d?ssl-ca=/ca").tls.mode, TlsMode::verify_identity);
    EXPECT_EQ(parse_dsn("u:p@/d?ssl-mode=verify_ca&ssl-ca=/ca").tls.mode, TlsMode::verify_ca);
    EXPECT_EQ(parse_dsn("u:p@/d?ssl-ca=/ca&tls=skip-verify").tls.mode, TlsMode::required);
    EXPECT_EQ(parse_dsn("u:p@/d?ssl-cert=/c&ssl-key=/k").tls.mode, TlsMode::required);
}

TEST(DsnParameters, DurationsAreRoundedUpToSeconds) {
    const auto endpoint = parse_dsn("u:p@/d?timeout=1m30s&readTimeout=100ms&writeTimeout=0");
    EXPECT_EQ(endpoint.connect_timeout, seconds{90});
    EXPECT_EQ(endpoint.read_timeout, seconds{1});
    EXPECT_EQ(endpoint.write_timeout, seconds{0});
}

TEST(DsnParameters, OthersAreIgnoredByName) {
    const auto endpoint = parse_dsn("u:p@/d?parseTime=true&charset=utf8&&loc=US%2FPacific&flag");
    EXPECT_THAT(endpoint.ignored, ElementsAre("parseTime", "charset", "loc", "flag"));
}

TEST(DsnParameters, UnknownOnesThatConcernTlsAreRefused) {
    for (const auto* parameter :
         {"ssl-cipher=x", "ssl_capath=/x", "tls-version=1.2", "SSL=true", "sslmode=disable"})
        EXPECT_THAT(refusal(std::string{"u:p@/d?"} + parameter), HasSubstr("ssl or tls")) << parameter;
}

TEST(DsnParameters, ContradictionsAreRefused) {
    EXPECT_THAT(refusal("u:p@/d?ssl-mode=required&tls=true"), HasSubstr("both"));
    EXPECT_THAT(refusal("u:p@/d?ssl-mode=disabled&ssl-ca=/x"), HasSubstr("switched off"));
    EXPECT_THAT(refusal("u:p@/d?ssl-cert=/x"), HasSubstr("together"));
    EXPECT_THAT(refusal("u:p@/d?ssl-ca="), HasSubstr("paths"));
    EXPECT_THAT(refusal("u:p@/d?ssl-mode=on"), HasSubstr("verify-identity"));
    EXPECT_THAT(refusal("u:p@/d?tls=custom"), HasSubstr("ssl-ca"));
    EXPECT_THAT(refusal("u:p@/d?timeout=30"), HasSubstr("durations"));
}

TEST(Dsn, WhatCannotBeReadIsRefusedWithoutNamingAnyOfIt) {
    for (const auto* dsn : {"",
                            "hunter2",
                            "u:hunter2",
                            "u:hunter2@h",
                            "u:hunter2@h/d",
                            "u:hunter2@udp(h)/d",
                            "u:hunter2@tcp(h/d",
                            "u:hunter2@tcp(h:x)/d",
                            "u:hunter2@tcp(h:0)/d",
                            "u:hunter2@tcp(h:65536)/d",
                            "u:hunter2@tcp(::1)/d",
                            "u:hunter2@tcp([::1)/d",
                            "u:hunter2@tcp([::1]3306)/d",
                            "u:hunter2@tcp(h)/",
                            "u:hunter2@tcp(h)/?tls=true",
                            "u:hunter2@/d%4",
                            "mysql://u:hunter2@h",
                            "mysql://u:hunter2@h:x/d",
                            "mysql://u:hun/ter2@h/hunter2",
                            "mysql://u:%zzhunter2@h/d",
                            "mysql://h/hunter2",
                            "u:p@/d?ssl-mode=hunter2",
                            "u:p@/d?tlshunter2=1",
                            "u:p@/d?timeout=hunter2"}) {
        const auto text = refusal(dsn);
        EXPECT_NE(text, "accepted") << dsn;
        EXPECT_THAT(text, Not(HasSubstr("hunter2"))) << dsn;
        EXPECT_THAT(text, Not(HasSubstr("ter2"))) << dsn;
    }
}

TEST(Dsn, DescriptionHasNoPassword) {
    EXPECT_EQ(parse_dsn("u:secret@tcp(h:1)/d").description(), "u@h:1/d");
    EXPECT_EQ(parse_dsn("u:secret@unix(/s)/d").description(), "u@/s/d");
}

} // namespace
} // namespace nanomdm::storage::mysql
