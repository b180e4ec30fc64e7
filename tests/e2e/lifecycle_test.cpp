// Starting, stopping and dumping.
#include "e2e/raw_connection.hpp"
#include "e2e/scene.hpp"

#include <atomic>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace nanomdm::test {
namespace {

using testing::HasSubstr;

TEST(Shutdown, SigtermAndSigintExitWith0) {
    for (const int number : {SIGTERM, SIGINT}) {
        Scene scene;
        scene.server().process().signal(number);
        const auto status = scene.server().process().wait(30s);
        ASSERT_TRUE(status);
        EXPECT_EQ(*status, (ExitStatus{.code = 0, .signal = 0}));
    }
}

TEST(Shutdown, ARequestUnderWayIsFinished) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto body = device.token_update_message();
    const auto signature = sim::mdm_signature(device.identity(), body);
    RawConnection connection{scene.server().port()};
    connection.send("PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    "application/x-apple-aspen-mdm-checkin\r\nMdm-Signature: " +
                    signature + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                    body.substr(0, 10));
    // The header has been read once this later connection got its answer.
    RawConnection later{scene.server().port()};
    later.send("GET /version HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(later.read_response());
    scene.server().process().signal(SIGTERM);
    ASSERT_TRUE(scene.server().process().wait_for_error_line("shutting down", 10s));
    connection.send(body.substr(10));
    const auto response = connection.read_response();
    ASSERT_TRUE(response) << scene.server().log();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(scene.server().process().wait(30s), (ExitStatus{.code = 0, .signal = 0}));
}

TEST(Shutdown, UnderLoadNoAnswerIsCutOff) {
    Scene scene;
    std::vector<sim::Device> devices;
    for (int i = 0; i < 4; ++i) devices.push_back(scene.enrolled("U" + std::to_string(i)));
    std::atomic<int> answered{0};
    std::atomic<int> failed{0};
    std::vector<std::thread> clients;
    for (auto& device : devices) {
        clients.emplace_back([&device, &answered, &failed] {
            try {
                for (;;) device.token_update().status == 200 ? ++answered : ++failed;
            } catch (const sim::ConnectionError&) {
                // Refused or closed between two requests: what a drained server does.
            }
        });
    }
    EXPECT_TRUE(eventually([&] { return answered > 50; }));
    scene.stop();
    for (auto& client : clients) client.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(scene.check().status.code, 0);
}

TEST(Shutdown, ASecondSignalEndsItAtOnce) {
    Scene scene;
    RawConnection unfinished{scene.server().port()};
    unfinished.send("PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    RawConnection later{scene.server().port()};
    later.send("GET /version HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(later.read_response());
    scene.server().process().signal(SIGTERM);
    ASSERT_TRUE(scene.server().process().wait_for_error_line("shutting down", 10s));
    EXPECT_FALSE(scene.server().process().wait(300ms)) << "it did not wait for the request under way";
    scene.server().process().signal(SIGTERM);
    EXPECT_TRUE(scene.server().process().wait(5s));
}

TEST(Check, FindsNothingInAHealthyStoreAndNoticesDamage) {
    Scene scene;
    auto device = scene.enrolled("U1");
    scene.api().must_enqueue("U1", "C1");
    device.connect();
    scene.stop();
    const auto healthy = scene.check();
    EXPECT_EQ(healthy.status.code, 0) << healthy.output << healthy.error;
    int damaged = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{scene.storage()}) {
        if (!entry.is_regular_file() || entry.file_size() < 100) continue;
        auto content = read_file(entry.path());
        content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 0x55);
        scene.directory().write(std::filesystem::relative(entry.path(), scene.directory().path()).string(),
                                content);
        ++damaged;
    }
    ASSERT_GT(damaged, 0);
    EXPECT_NE(scene.check().status.code, 0);
}

TEST(Dump, RawRequestsAndAnswersGoToStandardOutput) {
    Scene scene{{"-dump"}};
    auto device = scene.device("U1");
    device.enroll();
    const auto command = scene.api().must_enqueue("U1", "C1");
    device.connect();
    scene.stop();
    const auto output = scene.server().process().standard_output();
    const auto expected = device.authenticate_message() + "\n" + device.token_update_message() + "\n" +
                          device.report_message("Idle", {}) + "\n" + command + "\n";
    EXPECT_THAT(output, testing::StartsWith(expected));
    EXPECT_THAT(output, HasSubstr("<key>QueryResponses</key>"));
}

TEST(Dump, IsOffByDefault) {
    Scene scene;
    auto device = scene.enrolled("U1");
    scene.stop();
    EXPECT_EQ(scene.server().process().standard_output(), "");
}

TEST(AccessLog, OneLinePerRequestWithItsTraceId) {
    Scene scene;
    auto device = scene.enrolled("U1");
    device.report("Idle");
    scene.stop();
    EXPECT_THAT(scene.server().log(), testing::ContainsRegex("method=PUT path=/mdm status=200"));
    EXPECT_THAT(scene.server().log(), testing::ContainsRegex("trace_id=[0-9a-f]{16}"));
}

} // namespace
} // namespace nanomdm::test
