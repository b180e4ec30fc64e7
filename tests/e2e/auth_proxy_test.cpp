// /authproxy/: who gets through, what the server behind it is asked, and where requests may lead.
#include "e2e/auth_proxy_scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;
using testing::Optional;
using testing::StartsWith;

TEST(AuthProxy, PassesARequestOnWithTheDevicesId) {
    ProxyScene scene{say_hello};
    auto wire = scene.connect();
    wire.send(scene.head("GET", "pkgs/a%20b%2Fc.pkg?x=1&y=%20z", "Accept-Encoding: br\r\nX-Mine: v\r\n"));
    const auto answer = wire.head();
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(wire.body(), "hello");
    const auto asked = scene.visitors().heads().at(0);
    EXPECT_EQ(asked.first_line, "GET /repo/pkgs/a%20b%2Fc.pkg?x=1&y=%20z HTTP/1.1");
    EXPECT_THAT(asked.field("x-enrollment-id"), Optional(scene.device().id()));
    EXPECT_THAT(asked.field("x-trace-id"), Optional(testing::MatchesRegex("[0-9a-f]{16}")));
    EXPECT_THAT(asked.field("host"), Optional(StartsWith("127.0.0.1:"))) << "its own, not the client's";
    EXPECT_THAT(asked.field("accept-encoding"), Optional(std::string{"br"}));
    EXPECT_THAT(asked.field("x-mine"), Optional(std::string{"v"}));
    EXPECT_THAT(asked.field("x-forwarded-for"), Optional(std::string{"127.0.0.1"}));
    EXPECT_FALSE(asked.field("x-client-certificate"));
    EXPECT_FALSE(asked.field("user-agent")) << "nothing is made up";
    EXPECT_FALSE(asked.field("accept"));
}

TEST(AuthProxy, KeepsConnectionsOnBothSides) {
    ProxyScene scene{say_hello};
    auto wire = scene.connect();
    for (int i = 0; i < 5; ++i) {
        wire.send(scene.head("GET", "x"));
        EXPECT_EQ(wire.head().status(), 200);
        EXPECT_EQ(wire.body(), "hello");
    }
    EXPECT_EQ(scene.upstream().connections(), 1U);
}

TEST(AuthProxy, ReplacesWhatAClientSaysOfItself) {
    ProxyScene scene{say_hello};
    auto wire = scene.connect();
    wire.send(scene.head("GET", "x",
                         "X-Enrollment-ID: VICTIM\r\nX_Enrollment_ID: VICTIM\r\nX-Trace-ID: mine\r\n"
                         "X-Enrollment-Type: Device\r\nMdm-Signature: abc\r\nx_client_certificate: VICTIM\r\n"
                         "X-Forwarded-For: 192.0.2.1\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\n"
                         "Proxy-Authorization: Basic eA==\r\nUpgrade: websocket\r\nTE: trailers\r\n"));
    EXPECT_EQ(wire.head().status(), 200);
    const auto asked = scene.visitors().heads().at(0);
    EXPECT_THAT(asked.field("x-enrollment-id"), Optional(scene.device().id()));
    EXPECT_THAT(asked.field("x-forwarded-for"), Optional(std::string{"192.0.2.1, 127.0.0.1"}));
    EXPECT_NE(asked.field("x-trace-id"), "mine");
    for (const auto& [name, value] : asked.fields)
        EXPECT_THAT(value, testing::Not(HasSubstr("VICTIM"))) << name;
    for (const char* name : {"x-enrollment-type", "mdm-signature", "x-private", "proxy-authorization",
                             "upgrade", "te", "connection"})
        EXPECT_FALSE(asked.field(name)) << name;
}

TEST(AuthProxy, PassesAnswersOnAsTheyAre) {
    ProxyScene scene{[](Wire& wire, const WireHead& head) {
        if (head.target() == "/repo/unauthorized")
            return wire.send(
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
        if (head.target() == "/repo/moved")
            return wire.send("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
        return wire.send(
                   "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 418 I'm a teapot\r\n"
                   "Content-Encoding: gzip\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nServer: theirs\r\n"
                   "Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 4\r\n"
                   "\r\ntea!") &&
               false;
    }};
    auto wire = scene.connect();
    wire.send(scene.head("GET", "unauthorized"));
    const auto unauthorized = wire.head();
    EXPECT_EQ(unauthorized.status(), 401);
    EXPECT_TRUE(unauthorized.field("www-authenticate"));
    wire.send(scene.head("GET", "moved"));
    const auto moved = wire.head();
    EXPECT_EQ(moved.status(), 302);
    EXPECT_THAT(moved.field("location"), Optional(std::string{"/elsewhere"}));
    wire.send(scene.head("GET", "tea"));
    const auto tea = wire.head();
    EXPECT_EQ(tea.status(), 418);
    EXPECT_EQ(wire.body(), "tea!") << "not decompressed";
    EXPECT_THAT(tea.field("content-encoding"), Optional(std::string{"gzip"}));
    EXPECT_EQ(tea.fields.count("set-cookie"), 2U);
    EXPECT_THAT(tea.field("server"), Optional(std::string{"theirs"}));
    for (const char* name : {"x-hop", "keep-alive", "connection", "link"})
        EXPECT_FALSE(tea.field(name)) << name;
    EXPECT_TRUE(tea.field("date"));
}

TEST(AuthProxy, PassesRangesOn) {
    ProxyScene scene{[](Wire& wire, const WireHead& head) {
        if (head.field("range") != "bytes=2-4" || head.field("if-range") != "\"tag\"") return false;
        return wire.send("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/10\r\nETag: \"tag\"\r\n"
                         "Content-Length: 3\r\n\r\ncde");
    }};
    auto wire = scene.connect();
    wire.send(scene.head("GET", "x", "Range: bytes=2-4\r\nIf-Range: \"tag\"\r\n"));
    const auto answer = wire.head();
    EXPECT_EQ(answer.status(), 206);
    EXPECT_THAT(answer.first_line, HasSubstr("Partial Content"));
    EXPECT_THAT(answer.field("content-range"), Optional(std::string{"bytes 2-4/10"}));
    EXPECT_EQ(wire.body(), "cde");
}

TEST(AuthProxy, AnswersWithoutABodyHaveNone) {
    ProxyScene scene{[](Wire& wire, const WireHead& head) {
        if (head.target() == "/repo/nothing") return wire.send("HTTP/1.1 204 No Content\r\n\r\n");
        if (head.target() == "/repo/same")
            return wire.send("HTTP/1.1 304 Not Modified\r\nETag: \"t\"\r\nContent-Length: 7\r\n\r\n");
        return wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"); // to HEAD
    }};
    auto wire = scene.connect();
    wire.send(scene.head("HEAD", "big"));
    const auto big = wire.head();
    wire.expect_no_body();
    EXPECT_EQ(big.status(), 200);
    EXPECT_THAT(big.field("content-length"), Optional(std::string{"1073741824"}));
    wire.send(scene.head("DELETE", "nothing"));
    const auto nothing = wire.head();
    EXPECT_EQ(nothing.status(), 204);
    EXPECT_FALSE(nothing.field("content-length"));
    EXPECT_FALSE(nothing.field("transfer-encoding"));
    wire.send(scene.head("GET", "same", "If-None-Match: \"t\"\r\n"));
    EXPECT_EQ(wire.head().status(), 304);
    wire.send(scene.head("HEAD", "big"));
    EXPECT_EQ(wire.head().status(), 200) << "the connection is not out of step";
    EXPECT_EQ(scene.visitors().heads().at(0).method(), "HEAD");
    EXPECT_EQ(scene.visitors().heads().at(1).method(), "DELETE");
    EXPECT_FALSE(scene.visitors().heads().at(1).field("content-length"));
}

TEST(AuthProxy, RefusesWhoIsNotEnrolled) {
    ProxyScene scene{say_hello};
    const auto stranger = scene.scene().device("STRANGER"); // a valid certificate, and no more
    sim::CertificateRequest request;
    request.common_name = "SELF";
    const sim::Device forger{sim::Channel::device("FORGER"), sim::self_signed(request), {}};
    for (const auto& head :
         {head_of(stranger, "GET", "x"), head_of(forger, "GET", "x"),
          std::string{"GET /authproxy/x HTTP/1.1\r\nHost: h\r\n\r\n"},
          std::string{"GET /authproxy/x HTTP/1.1\r\nHost: h\r\nX-Client-Certificate: nonsense\r\n\r\n"}}) {
        auto wire = scene.connect();
        wire.send(head);
        EXPECT_EQ(wire.head().status(), 400);
        EXPECT_EQ(wire.body(), "Bad Request\n");
    }
    EXPECT_EQ(scene.visitors().count(), 0U);
}

TEST(AuthProxy, LeadsNowhereButBelowItsUrl) {
    ProxyScene scene{say_hello};
    for (const char* rest :
         {"..", "../secret", "a/../../secret", "./x", "%2e%2e/x", "%2E./x", "a/%2e%2e%2fx", "%252e%252e/x",
          "..;/x", "a\\..\\x", "a%5c..%5cx", "x%00", "x%", "x%zz", "a%0d%0ab"}) {
        auto wire = scene.connect();
        wire.send(scene.head("GET", rest));
        EXPECT_EQ(wire.head().status(), 400) << rest;
    }
    EXPECT_EQ(scene.visitors().count(), 0U);
    const std::pair<const char*, const char*> odd[] = {
        {"", "/repo/"},
        {"/evil.example/x", "/repo//evil.example/x"},
        {"http://evil.example/x", "/repo/http://evil.example/x"},
        {"a..b/...", "/repo/a..b/..."},
        {"%41%7e;v=1", "/repo/%41%7e;v=1"},
        {"x?a=../..&b={\"c\":1}", "/repo/x?a=../..&b={\"c\":1}"},
        {"@evil.example/", "/repo/@evil.example/"},
    };
    for (const auto& [rest, target] : odd) {
        auto wire = scene.connect();
        wire.send(scene.head("GET", rest));
        EXPECT_EQ(wire.head().status(), 200) << rest;
        EXPECT_EQ(scene.visitors().heads().back().target(), target);
    }
}

TEST(AuthProxy, TakesTheSignatureOfTheBody) {
    WireServer upstream{[](Wire& wire, const WireHead& head) {
        const auto body = wire.body();
        const auto what = head.method() + " " + body + " " + head.field("content-length").value_or("none");
        return wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(what.size()) + "\r\n\r\n" +
                         what);
    }};
    Scene scene{{"-auth-proxy-url", upstream.url() + "/", "-max-body", "100K"}};
    const auto device = scene.enrolled("MAC-1");
    const auto ask = [&](const std::string& head, const std::string& sent, const std::string& signed_body) {
        auto wire = Wire::connect(scene.server().port());
        wire.send(head + "Host: h\r\nMdm-Signature: " + sim::mdm_signature(device.identity(), signed_body) +
                  "\r\n\r\n" + sent);
        const auto status = wire.head().status();
        return std::to_string(status) + " " + wire.body();
    };
    EXPECT_EQ(ask("GET /authproxy/x HTTP/1.1\r\n", "", ""), "200 GET  none");
    EXPECT_EQ(ask("POST /authproxy/x HTTP/1.1\r\nContent-Length: 4\r\n", "body", "body"), "200 POST body 4");
    EXPECT_EQ(
        ask("PUT /authproxy/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", "4\r\nbody\r\n0\r\n\r\n", "body"),
        "200 PUT body 4");
    EXPECT_EQ(ask("POST /authproxy/x HTTP/1.1\r\nContent-Length: 0\r\n", "", ""), "200 POST  0");
    EXPECT_EQ(ask("GET /authproxy/x HTTP/1.1\r\n", "", "other"), "400 Bad Request\n");
    EXPECT_EQ(ask("POST /authproxy/x HTTP/1.1\r\nContent-Length: 4\r\n", "body", "other"),
              "400 Bad Request\n");
    EXPECT_EQ(ask("POST /authproxy/x HTTP/1.1\r\nContent-Length: 1000000\r\n", "", ""),
              "413 Request Entity Too Large\n");
}

TEST(AuthProxy, IsNotThereWithoutAUrl) {
    Scene scene;
    auto wire = Wire::connect(scene.server().port());
    wire.send("GET /authproxy/x HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(wire.head().status(), 404);
}

TEST(AuthProxy, GivesTheCredentialsOfItsUrlInPlaceOfTheClients) {
    WireServer upstream{[](Wire& wire, const WireHead& head) {
        const auto said = head.field("authorization").value_or("nothing");
        return wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(said.size()) + "\r\n\r\n" +
                         said);
    }};
    const auto port = std::to_string(upstream.port());
    Scene scene{{"-cert-header", cert_header, "-auth-proxy-url", "http://me:secret@127.0.0.1:" + port}};
    auto device = scene.device("MAC-1");
    device.use_endpoint(scene.endpoint(sim::Proof::rfc9440_header));
    device.enroll();
    auto wire = Wire::connect(scene.server().port());
    wire.send(head_of(device, "GET", "x", "Authorization: Bearer stolen\r\n"));
    EXPECT_EQ(wire.head().status(), 200);
    EXPECT_EQ(wire.body(), "Basic bWU6c2VjcmV0");
    EXPECT_THAT(scene.server().log(), testing::Not(HasSubstr("secret")));
}

TEST(AuthProxy, LogsAnAccessLineWithTheTraceId) {
    ProxyScene scene{say_hello};
    auto wire = scene.connect();
    wire.send(scene.head("GET", "pkg?secret=1"));
    EXPECT_EQ(wire.head().status(), 200);
    EXPECT_EQ(wire.body(), "hello");
    scene.scene().stop();
    const auto trace = scene.visitors().heads().at(0).field("x-trace-id").value();
    const auto log = scene.scene().server().log();
    const auto line_begin = log.find("path=/authproxy/pkg");
    ASSERT_NE(line_begin, std::string::npos) << log;
    const auto line = log.substr(log.rfind('\n', line_begin) + 1, 400);
    EXPECT_THAT(line, HasSubstr("status=200"));
    EXPECT_THAT(line, HasSubstr("bytes=5"));
    EXPECT_THAT(line, HasSubstr(trace));
    EXPECT_THAT(log, testing::Not(HasSubstr("secret=1")));
}

} // namespace
} // namespace nanomdm::test
