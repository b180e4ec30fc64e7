// HTTP as clients abuse it: limits, methods, pipelines, slow and broken requests.
#include "e2e/raw_connection.hpp"
#include "e2e/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

std::string raw(const sim::HttpRequest& request) {
    std::string text = request.method + " /mdm HTTP/1.1\r\nHost: x\r\n";
    for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
    return text + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
}

TEST(HttpMethods, GetAndHeadOnTheDeviceEndpointAre405WithAllow) {
    Scene scene;
    sim::HttpClient client;
    for (const char* method : {"GET", "HEAD", "DELETE"}) {
        const auto response = client.send({.method = method, .url = scene.url() + "/mdm"});
        EXPECT_EQ(response.status, 405) << method;
        EXPECT_THAT(response.header("allow").value_or(""), HasSubstr("PUT")) << method;
    }
    EXPECT_EQ(client.send({.url = scene.url() + "/nothing"}).status, 404);
    EXPECT_EQ(client.send({.url = scene.url() + "/mdm/../version"}).status, 404)
        << "paths are not normalized";
}

TEST(HttpLimits, BodyOverTheLimitIs413BeforeItIsRead) {
    Scene scene{{"-max-body", "100000"}};
    auto device = scene.enrolled("U1");
    auto request = device.report_request(std::string(100'001, 'x'));
    EXPECT_EQ(device.http().send(request).status, 413);
    RawConnection announced{scene.server().port()};
    announced.send("PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
    const auto response = announced.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 413);
    RawConnection chunked{scene.server().port()};
    chunked.send("PUT /mdm HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n");
    chunked.send(std::string(0x20000, 'x'));
    const auto refused = chunked.read_response();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 413);
    EXPECT_EQ(device.report("Idle").status, 200);
}

TEST(HttpLimits, HeadersOver64KiBAre431) {
    Scene scene;
    RawConnection connection{scene.server().port()};
    connection.send("PUT /mdm HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(70'000, 'a') + "\r\n\r\n");
    const auto response = connection.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 431);
}

TEST(HttpLimits, A16MegabyteBodyIsRefusedOrReadWithoutHarm) {
    Scene scene;
    auto device = scene.enrolled("U1");
    EXPECT_EQ(device.check_in(std::string(16 * 1024 * 1024, '&')).status, 400);
    EXPECT_EQ(device.check_in(std::string(16 * 1024 * 1024 + 1, '&')).status, 413);
    EXPECT_EQ(device.report("Idle").status, 200);
}

TEST(HttpConnection, KeepAliveAndPipelinedRequestsAreAnsweredInOrder) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto command = scene.api().must_enqueue("U1", "C1");
    RawConnection connection{scene.server().port()};
    const auto report = raw(device.report_request(device.report_message("Acknowledged", "C1")));
    connection.send(raw(device.report_request(device.report_message("Idle", {}))) + report +
                    "GET /version HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto first = connection.read_response();
    const auto second = connection.read_response();
    const auto third = connection.read_response();
    ASSERT_TRUE(first && second && third);
    EXPECT_EQ(first->body, command);
    EXPECT_EQ(second->status, 200);
    EXPECT_EQ(second->body, "");
    EXPECT_THAT(third->body, HasSubstr("version"));
}

TEST(HttpConnection, ABodyInSmallPiecesIsPutTogether) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto text = raw(device.report_request(device.report_message("Idle", {})));
    RawConnection connection{scene.server().port()};
    for (std::size_t at = 0; at < text.size(); at += 97)
        ASSERT_TRUE(connection.send(std::string_view{text}.substr(at, 97)));
    const auto response = connection.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
}

TEST(HttpConnection, ExpectContinueIsAnswered) {
    Scene scene;
    auto device = scene.enrolled("U1");
    auto request = device.report_request(device.report_message("Idle", {}));
    request.headers.emplace_back("Expect", "100-continue");
    EXPECT_EQ(device.http().send(request).status, 200);
    RawConnection connection{scene.server().port()};
    connection.send("PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    const auto interim = connection.read_response();
    ASSERT_TRUE(interim);
    EXPECT_EQ(interim->status, 100);
    connection.send("hello");
    const auto final = connection.read_response();
    ASSERT_TRUE(final);
    EXPECT_EQ(final->status, 400);
}

TEST(HttpAbuse, NonsenseIsRefusedAndTheServerGoesOn) {
    Scene scene;
    auto device = scene.enrolled("U1");
    for (const std::string& bytes :
         {std::string{"\0\0\0\0\r\n\r\n", 8}, std::string{"GET\r\n\r\n"},
          std::string{"PUT /mdm HTTP/9.9\r\n\r\n"},
          std::string{"PUT /mdm HTTP/1.1\r\nContent-Length: -1\r\n\r\n"},
          std::string{"PUT /mdm HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"},
          std::string{
              "PUT /mdm HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
          std::string{"PUT /mdm HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
          std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11}, std::string(100'000, 'A')}) {
        RawConnection connection{scene.server().port()};
        connection.send(bytes);
        connection.finish_sending();
        const auto response = connection.read_response();
        if (response) {
            EXPECT_GE(response->status, 400) << bytes.substr(0, 60);
        }
        EXPECT_TRUE(connection.closes()) << bytes.substr(0, 60);
    }
    EXPECT_EQ(device.report("Idle").status, 200);
}

TEST(HttpAbuse, ClientsThatVanishOrStallDisturbNobody) {
    Scene scene;
    auto device = scene.enrolled("U1");
    std::vector<std::unique_ptr<RawConnection>> stalled;
    for (int i = 0; i < 200; ++i) {
        stalled.push_back(std::make_unique<RawConnection>(scene.server().port()));
        stalled.back()->send("PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
        RawConnection gone{scene.server().port()};
        gone.send("PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    }
    for (int i = 0; i < 20; ++i) EXPECT_EQ(device.report("Idle").status, 200);
}

TEST(HttpAbuse, ThousandsOfIdleConnectionsAndASlowLorisDisturbNobody) {
    rlimit files{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0); // the server inherits it
    ASSERT_GT(files.rlim_cur, 2100U) << "too few file descriptors for this test";
    Scene scene;
    auto device = scene.enrolled("U1");
    std::vector<std::unique_ptr<RawConnection>> idle;
    for (int i = 0; i < 2000; ++i) {
        idle.push_back(std::make_unique<RawConnection>(scene.server().port()));
        idle.back()->send("GET /version HTTP/1.1\r\nHost: x\r\n\r\n");
        ASSERT_TRUE(idle.back()->read_response());
    }
    RawConnection loris{scene.server().port()};
    loris.send("PUT /mdm HTTP/1.1\r\nHost: x\r\nX: ");
    for (int i = 0; i < 100; ++i) {
        loris.send("a");
        EXPECT_EQ(device.report("Idle").status, 200);
    }
    // Those that are idle are not dropped for that.
    idle.front()->send("GET /version HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(idle.front()->read_response());
}

TEST(HttpAbuse, AHeaderThatNeverEndsIsGivenUp) {
    Scene scene;
    RawConnection connection{scene.server().port()};
    connection.send("PUT /mdm HTTP/1.1\r\nHost: x\r\n");
    EXPECT_TRUE(connection.closes(std::chrono::seconds{30}));
}

TEST(HttpErrors, BodiesAreTheStatusTextAndANewline) {
    Scene scene;
    sim::HttpClient client;
    const auto missing = client.send({.url = scene.url() + "/nothing"});
    EXPECT_EQ(missing.body, "Not Found\n");
    EXPECT_THAT(missing.header("content-type").value_or(""), testing::StartsWith("text/plain"));
    EXPECT_EQ(client.send({.url = scene.url() + "/mdm"}).body, "Method Not Allowed\n");
}

} // namespace
} // namespace nanomdm::test
