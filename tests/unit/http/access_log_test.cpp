// One line per request, whatever became of it.
#include "raw_client.hpp"
#include "test_server.hpp"

#include "log/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::http::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

/// The log of a server that answered these requests and was destroyed.
std::string logged(ServerOptions options, const std::vector<std::string>& requests) {
    options.limits.connections = 16; // within any limit of open files, which would be logged
    testing::internal::CaptureStderr();
    {
        TestServer server{{.server = options}};
        for (const auto& request : requests) ask(server.address(), request);
    }
    log::flush();
    return testing::internal::GetCapturedStderr();
}

TEST(AccessLog, TellsMethodPathStatusBytesTimeClientAndTrace) {
    EXPECT_THAT(logged({}, {put("/echo?secret=1", "hello", "Connection: close\r\n")}),
                ContainsRegex("level=info msg=\"request\" trace_id=[0-9a-f]{16} method=PUT path=/echo "
                              "status=200 bytes=5 ms=[0-9]+\\.[0-9]{3} remote=127\\.0\\.0\\.1\n"));
}

TEST(AccessLog, LeavesTheQueryOut) {
    EXPECT_THAT(logged({}, {get("/request?token=secret", "Connection: close\r\n")}),
                Not(HasSubstr("secret")));
}

TEST(AccessLog, HasRefusedAndMalformedRequestsToo) {
    const auto lines = logged({}, {get("/nowhere"), "nonsense\r\n\r\n", put("/throw/number", "")});
    EXPECT_THAT(lines, HasSubstr("method=GET path=/nowhere status=404"));
    EXPECT_THAT(lines, HasSubstr("status=400"));
    EXPECT_THAT(lines, HasSubstr("method=PUT path=/throw/number status=500"));
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 4) << "one each, and the cause of the 500:\n"
                                                               << lines;
}

TEST(AccessLog, NamesTheClientBehindATrustedProxy) {
    ServerOptions options;
    options.trusted_proxies = TrustedProxies{{"127.0.0.1"}};
    EXPECT_THAT(logged(options, {get("/version", "X-Forwarded-For: 203.0.113.9\r\n")}),
                HasSubstr("remote=203.0.113.9"));
}

TEST(AccessLog, CannotBeForgedByAPath) {
    const auto lines = logged({}, {get("/a\"level=error")});
    EXPECT_THAT(lines, HasSubstr(R"(path="/a\"level=error")"));
}

TEST(AccessLog, MayBeOff) {
    ServerOptions options;
    options.access_log = false;
    EXPECT_EQ(logged(options, {get("/version")}), "");
}

} // namespace
} // namespace nanomdm::http::test
