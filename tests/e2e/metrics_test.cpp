// /metrics of the real binary: who may look, and that every number moves when its thing happens.
#include "e2e/inbox.hpp"
#include "e2e/ops_address.hpp"
#include "e2e/scene.hpp"
#include "support/fake_apns/fake_apns.hpp"
#include "support/metrics_text.hpp"

#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using fake_apns::FakeApns;

MetricsText scrape(Api& api) {
    const auto response = api.get("/metrics");
    EXPECT_EQ(response.status, 200);
    return MetricsText{response.body};
}

/// By how much each number has grown since the last look.
class Growth {
public:
    explicit Growth(Api& api) : api_{api}, before_{scrape(api)} {}
    [[nodiscard]] double of(const std::string& sample) const {
        return scrape(api_).count(sample) - before_.count(sample);
    }
    void look_again() { before_ = scrape(api_); }

private:
    Api& api_;
    MetricsText before_;
};

TEST(Metrics, NeedTheApiKeyOnTheMainListener) {
    Scene scene;
    EXPECT_EQ(scene.api().get("/metrics").status, 200);
    EXPECT_EQ(scene.api().with_key("wrong").get("/metrics").status, 401);
    auto command = scene.command();
    scene.stop();
    command.erase(command.begin() + 3, command.begin() + 5); // -api KEY
    ServerProcess keyless{{.command = command}};
    EXPECT_EQ(Api(keyless.url(), "").get("/metrics").status, 404);
    EXPECT_EQ(Api(keyless.url(), "").get("/healthz").status, 200);
}

TEST(Metrics, OfDevicesMoveWithWhatTheySend) {
    Scene scene;
    Growth growth{scene.api()};
    auto device = scene.enrolled("U1");
    EXPECT_EQ(growth.of("nanomdm_checkins_total{type=\"Authenticate\"}"), 1);
    EXPECT_EQ(growth.of("nanomdm_checkins_total{type=\"TokenUpdate\"}"), 1);
    EXPECT_EQ(growth.of("nanomdm_http_requests_total{endpoint=\"/mdm\",status=\"200\"}"), 2);
    EXPECT_EQ(growth.of("nanomdm_http_request_duration_seconds_count{endpoint=\"/mdm\"}"), 2);
    const std::string operations = "nanomdm_storage_operation_duration_seconds_count";
    EXPECT_EQ(growth.of(operations + "{operation=\"store_token_update\"}"), 1);
    EXPECT_EQ(growth.of("nanomdm_worker_jobs_total{pool=\"worker\"}"), 2);

    growth.look_again();
    scene.api().must_enqueue("U1", "C1");
    device.report("Idle");
    device.report("NotNow", "C1");
    device.report("Idle");
    device.report("Acknowledged", "C1");
    device.report("Error", "never-heard-of");
    device.report("Whatever-U1", "C1");
    const auto reports = [&](const std::string& status) {
        return growth.of("nanomdm_command_reports_total{status=\"" + status + "\"}");
    };
    EXPECT_EQ(reports("Idle"), 2);
    EXPECT_EQ(reports("NotNow"), 1);
    EXPECT_EQ(reports("Acknowledged"), 1);
    EXPECT_EQ(reports("Error"), 1);
    EXPECT_EQ(reports("other"), 1);
    EXPECT_EQ(growth.of("nanomdm_command_deliveries_total"), 2);
    EXPECT_EQ(growth.of("nanomdm_command_reports_unknown_total"), 1);
    EXPECT_EQ(growth.of("nanomdm_http_requests_total{endpoint=\"/v1/enqueue/\",status=\"200\"}"), 1);
    EXPECT_EQ(growth.of(operations + "{operation=\"enqueue\"}"), 1);

    growth.look_again();
    auto stranger = scene.device(sim::Channel::device("U1"), test_identity("other"));
    EXPECT_EQ(stranger.report("Idle").status, 403);
    EXPECT_EQ(growth.of("nanomdm_http_requests_total{endpoint=\"/mdm\",status=\"403\"}"), 1);
    EXPECT_EQ(reports("Idle"), 0) << "what is refused counts by its answer alone";
    scene.api().get("/no/such/path");
    EXPECT_EQ(growth.of("nanomdm_http_requests_total{endpoint=\"other\",status=\"404\"}"), 1);

    const auto metrics = scrape(scene.api());
    for (const auto& [sample, value] : metrics.samples()) {
        EXPECT_EQ(sample.find("U1"), std::string::npos) << sample;
        EXPECT_EQ(sample.find("no/such"), std::string::npos) << sample;
    }
}

TEST(Metrics, OfTheProcessAndItsStorageAreThere) {
    Scene scene;
    const auto metrics = scrape(scene.api());
    for (const char* name :
         {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
          "process_start_time_seconds", "nanomdm_http_connections", "nanomdm_file_journal_backlog_bytes",
          "nanomdm_worker_queue_depth{pool=\"worker\"}", "nanomdm_worker_queue_depth{pool=\"upstream\"}",
          "nanomdm_worker_threads{pool=\"worker\"}", "nanomdm_worker_busy_threads{pool=\"upstream\"}"})
        EXPECT_TRUE(metrics.value(name)) << name;
    EXPECT_EQ(metrics.value("nanomdm_worker_busy_threads{pool=\"upstream\"}"), 1) << "the scrape itself";
    EXPECT_EQ(metrics.type("nanomdm_build_info"), "gauge");
}

TEST(Metrics, OfPushesMoveWithWhatApnsAnswers) {
    FakeApns apns;
    TempDir directory;
    Scene scene{{"-apns-url", apns.url(), "-apns-ca", directory.write("a.pem", apns.ca_pem()).string()}};
    const std::string topic = sim::DeviceProfile{}.topic;
    auto device = scene.enrolled("U1");
    const auto pushes = [&](const std::string& outcome, const std::string& of) {
        return "nanomdm_push_notifications_total{topic=\"" + of + "\",outcome=\"" + outcome + "\"}";
    };
    scene.api().get("/v1/push/U1,U9");
    EXPECT_EQ(scrape(scene.api()).value(pushes("no_certificate", "other")), 1);
    EXPECT_EQ(scrape(scene.api()).value("nanomdm_push_skipped_total{reason=\"no_push_data\"}"), 1);
    EXPECT_FALSE(scrape(scene.api()).value(pushes("sent", topic))) << "a topic that any device may name";

    const auto identity = apns.push_identity(topic);
    const auto uploaded =
        scene.api().call("PUT", "/v1/pushcert", identity.certificate_pem + identity.private_key_pem);
    ASSERT_EQ(uploaded.status, 200);
    scene.api().get("/v1/push/U1");
    EXPECT_EQ(scrape(scene.api()).value(pushes("sent", topic)), 1);
    EXPECT_EQ(scrape(scene.api()).value("nanomdm_push_duration_seconds_count{topic=\"" + topic + "\"}"), 1);
    EXPECT_EQ(scrape(scene.api()).value("nanomdm_apns_connections"), 1);
    EXPECT_EQ(scrape(scene.api()).value("nanomdm_apns_streams"), 0);

    apns.reply_to_all({.status = 400, .reason = "BadDeviceToken"});
    scene.api().get("/v1/push/U1");
    EXPECT_EQ(scrape(scene.api()).value(pushes("refused", topic)), 1);
    apns.reply_to_all({.status = 410, .reason = "Unregistered", .timestamp = 4'000'000'000'000});
    scene.api().get("/v1/push/U1");
    EXPECT_EQ(scrape(scene.api()).value(pushes("unregistered", topic)), 1);
    scene.api().get("/v1/push/U1");
    EXPECT_EQ(scrape(scene.api()).value("nanomdm_push_skipped_total{reason=\"not_pushable\"}"), 1);

    apns.goaway(R"({"reason":"Shutdown"})", true);
    EXPECT_TRUE(eventually([&] { return scrape(scene.api()).count("nanomdm_apns_goaways_total") == 1; }));
    const auto expiry = "nanomdm_push_certificate_expiry_timestamp_seconds{topic=\"" + topic + "\"}";
    EXPECT_TRUE(eventually([&] { return scrape(scene.api()).count(expiry) > 1.7e9; }));
}

TEST(Metrics, OfTheWebhookMoveWithItsReceiver) {
    Inbox inbox{[](const Inbox::Json&, std::size_t) { return UpstreamReply{.status = 500}; }};
    Scene scene{{"-webhook-url", inbox.url()}};
    auto device = scene.enrolled("U1");
    const auto reaches = [&](const std::string& sample, double least) {
        return eventually([&] { return scrape(scene.api()).count(sample) >= least; }, 20s);
    };
    EXPECT_TRUE(reaches("nanomdm_webhook_failed_total", 1));
    EXPECT_TRUE(reaches("nanomdm_webhook_backlog_events", 2));
    EXPECT_TRUE(reaches("nanomdm_webhook_backlog_age_seconds", 1));
    inbox.trouble({});
    EXPECT_TRUE(reaches("nanomdm_webhook_delivered_total", 2));
    device.report("Idle");
    EXPECT_TRUE(reaches("nanomdm_webhook_notices_delivered_total", 1));
    EXPECT_TRUE(
        eventually([&] { return scrape(scene.api()).count("nanomdm_webhook_backlog_events") == 0; }, 20s));
    const auto metrics = scrape(scene.api());
    for (const char* name : {"nanomdm_webhook_dead_total", "nanomdm_webhook_shed_total",
                             "nanomdm_webhook_notices_dropped_total", "nanomdm_webhook_dead_letters"})
        EXPECT_TRUE(metrics.value(name)) << name;
}

TEST(Metrics, EveryNameOfTheDocumentationExistsAndNoOther) {
    Inbox inbox;
    FakeApns apns;
    TempDir directory;
    std::vector<std::string> flags{"-webhook-url", inbox.url(),
                                   "-apns-url",    apns.url(),
                                   "-apns-ca",     directory.write("a.pem", apns.ca_pem()).string()};
    for (const char* storage : {"one", "two"})
        flags.insert(flags.end(), {"-storage", "file", "-storage-dsn", (directory / storage).string()});
    Scene scene{flags};
    const auto identity = apns.push_identity(sim::DeviceProfile{}.topic);
    scene.api().call("PUT", "/v1/pushcert", identity.certificate_pem + identity.private_key_pem);
    auto device = scene.enrolled("U1");
    scene.api().get("/v1/push/U1");
    ASSERT_TRUE(eventually([&] {
        return !scrape(scene.api()).type("nanomdm_push_certificate_expiry_timestamp_seconds").empty();
    }));
    const auto documentation = read_file(NANOMDM_SOURCE_DIR "/docs/monitoring.md");
    std::set<std::string> documented;
    const std::regex row{R"(\n\| `((nanomdm|process)_[a-z_]+)`)"};
    for (std::sregex_iterator match{documentation.begin(), documentation.end(), row}, end; match != end;
         ++match)
        documented.insert((*match)[1]);
    std::set<std::string> served;
    const auto metrics = scrape(scene.api());
    for (const auto& [family, type] : metrics.types()) served.insert(family);
    for (const auto& name : served) EXPECT_TRUE(documented.contains(name)) << name << " is not documented";
    for (const auto& name : documented) {
        if (name.starts_with("nanomdm_mysql_")) continue; // tests/e2e/mysql_test.cpp
        EXPECT_TRUE(served.contains(name)) << name << " is documented and not served";
    }
}

} // namespace
} // namespace nanomdm::test
