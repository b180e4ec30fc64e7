// What cannot be sent as it is, is not sent.
#include "http/client/http_client.hpp"
#include "nanomdm/error.hpp"
#include "support/upstream/upstream.hpp"

#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

using nanomdm::test::Upstream;

std::optional<Errc> failure(HttpClient& client, const ClientRequest& request) {
    try {
        (void)client.send(request);
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

TEST(HttpClientRefusals, FieldsThatWouldEndBeforeTheirTime) {
    Upstream upstream;
    HttpClient client;
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"X-A", "1\r\nX-Injected: 1"},
             {"X-A", "1\nX-Injected: 1"},
             {"X-A", "1\rX-Injected: 1"},
             {"X-A", std::string{"1\0X", 3}},
             {"X-A", "\x7F"},
             {"X-A\r\nX-Injected", "1"},
             {"X-A: 1\r\nX-Injected", "1"},
             {"X A", "1"},
             {"", "1"},
         }) {
        ClientRequest request{.url = upstream.url()};
        request.headers.add(name, value);
        EXPECT_EQ(failure(client, request), Errc::invalid) << name << ": " << value;
    }
    EXPECT_EQ(upstream.count(), 0U);
}

TEST(HttpClientRefusals, MethodsThatAreNone) {
    Upstream upstream;
    HttpClient client;
    for (const char* method : {"", "GE T", "GET / HTTP/1.1\r\nX-Injected: 1\r\n\r\n", "G\xC3\x84T"})
        EXPECT_EQ(failure(client, {.method = method, .url = upstream.url()}), Errc::invalid) << method;
    EXPECT_EQ(upstream.count(), 0U);
}

TEST(HttpClientRefusals, UrlsThatAreNotOfHttp) {
    HttpClient client;
    for (const std::string& url :
         {std::string{}, std::string{"file:///etc/passwd"}, std::string{"ftp://h/"}, std::string{"/path"},
          std::string{"example.org/path"}, std::string{"http://"}, std::string{"http://a b/"},
          std::string{"http://h/\r\nX: 1"}, std::string{"http://h/\0", 10}, std::string{"http://h:99999/"}})
        EXPECT_EQ(failure(client, {.url = url}), Errc::invalid) << url;
}

TEST(HttpClientRefusals, OriginOfShowsNothingButTheServer) {
    EXPECT_EQ(origin_of("https://jo:secret@example.org/token/abc?key=1#f"), "https://example.org:443");
    EXPECT_EQ(origin_of("http://example.org:8080"), "http://example.org:8080");
    EXPECT_EQ(origin_of("http://[::1]:80/x"), "http://[::1]:80");
    EXPECT_EQ(origin_of("HTTP://example.org"), "http://example.org:80");
}

} // namespace
} // namespace nanomdm::http
