// Probes of the real binary: on their own listener or the main one, while serving and while going away.
#include "e2e/ops_address.hpp"
#include "e2e/raw_connection.hpp"
#include "e2e/scene.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

std::uint16_t port_of(const std::string& url) {
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

TEST(Probes, AreOnTheMainListenerByDefault) {
    Scene scene;
    Api nobody{scene.url(), ""};
    EXPECT_EQ(nobody.get("/healthz").status, 200);
    EXPECT_EQ(nobody.get("/healthz").body, "ok\n");
    EXPECT_EQ(nobody.get("/readyz").status, 200);
    EXPECT_EQ(nobody.call("HEAD", "/readyz").status, 200);
    EXPECT_EQ(nobody.call("PUT", "/readyz").status, 405);
}

TEST(Probes, WithAdminListenAreThereAloneAndMetricsNeedNoKeyThere) {
    Scene scene{{"-admin-listen", "127.0.0.1:0"}};
    Api ops{ops_url(scene.server().process()), ""};
    for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
        EXPECT_EQ(ops.get(path).status, 200) << path;
        EXPECT_EQ(scene.api().get(path).status, 404) << path;
    }
    EXPECT_THAT(ops.get("/metrics").body, HasSubstr("nanomdm_build_info"));
    for (const char* path : {"/version", "/v1/pushcert?all=1", "/mdm"}) EXPECT_EQ(ops.get(path).status, 404);
    EXPECT_THAT(scene.server().log(), testing::Not(HasSubstr("/healthz"))) << "probes bury the access log";
}

TEST(Probes, AnAddressThatIsNoneOrTakenIsSaid) {
    Scene scene;
    auto command = scene.command();
    command.insert(command.end(), {"-admin-listen", "nonsense"});
    EXPECT_EQ(run(command).status.code, 2);
    EXPECT_THAT(run(command).error, HasSubstr("-admin-listen"));
    command.back() = "127.0.0.1:" + std::to_string(scene.server().port());
    EXPECT_EQ(run(command).status.code, 1);
}

TEST(Probes, ADrainShowsOnConnectionsThatAreOpen) {
    Scene scene;
    RawConnection balancer{scene.server().port()};
    const std::string probe = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
    balancer.send(probe);
    EXPECT_EQ(balancer.read_response()->status, 200);
    RawConnection unfinished{scene.server().port()};
    unfinished.send("PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    balancer.send(probe);
    EXPECT_EQ(balancer.read_response()->status, 200);
    scene.server().process().signal(SIGTERM);
    ASSERT_TRUE(scene.server().process().wait_for_error_line("shutting down", 10s));
    balancer.send(probe);
    const auto response = balancer.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 503);
    EXPECT_EQ(response->body, "shutting down\n");
    EXPECT_TRUE(balancer.closes());
}

TEST(Probes, TheAdminListenerAnswersUntilTheLastRequestIsOver) {
    Scene scene{{"-admin-listen", "127.0.0.1:0"}};
    const auto url = ops_url(scene.server().process());
    RawConnection unfinished{scene.server().port()};
    unfinished.send("PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nhal");
    RawConnection later{scene.server().port()};
    later.send("GET /version HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(later.read_response());
    scene.server().process().signal(SIGTERM);
    ASSERT_TRUE(scene.server().process().wait_for_error_line("shutting down", 10s));
    const std::string probe = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
    ASSERT_TRUE(eventually([&] {
        RawConnection balancer{port_of(url)}; // a new connection each time
        balancer.send(probe);
        const auto response = balancer.read_response();
        return response && response->status == 503;
    }));
    Api ops{url, ""};
    EXPECT_EQ(ops.get("/healthz").status, 200);
    EXPECT_EQ(ops.get("/metrics").status, 200);
    unfinished.send("f");
    EXPECT_TRUE(unfinished.read_response());
    EXPECT_EQ(scene.server().process().wait(30s), (ExitStatus{.code = 0, .signal = 0}));
}

} // namespace
} // namespace nanomdm::test
