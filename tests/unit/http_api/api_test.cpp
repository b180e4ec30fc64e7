// The API's routes as HTTP requests: authentication, IDs in the path, status codes.
#include "http/api/api.hpp"
#include "http/auth.hpp"
#include "service/core.hpp"
#include "storage/inmem/inmem_storage.hpp"
#include "unit/http_api/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string command_plist =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>"
    "<key>Command</key><dict><key>RequestType</key><string>ProfileList</string></dict>"
    "<key>CommandUUID</key><string>CMD-1</string></dict></plist>";

class NoPushCerts final : public PushCertStore {
public:
    void store_push_certificate(const PushCertificate&) override {}
    std::optional<PushCertificate> push_certificate(const Topic&) override { return std::nullopt; }
    std::optional<std::uint64_t> push_certificate_version(const Topic&) override { return std::nullopt; }
    std::vector<Topic> push_topics() override { return {}; }
};

class ApiTest : public ::testing::Test {
protected:
    ApiTest() { api.add_routes(router); }

    HttpResponse call(const std::string& method, const std::string& path, std::string body = {},
                      const std::string& query = {}, const std::string& type = {}) {
        HttpRequest http;
        http.method = method;
        http.path = path;
        http.query = query;
        http.body = std::move(body);
        http.headers.add("Authorization", "Basic bmFub21kbTprZXk="); // nanomdm:key
        if (!type.empty()) http.headers.add("Content-Type", type);
        const auto match = router.match(method, path);
        if (match.route == nullptr || !match.method_allowed) return {.status = match.route ? 405U : 404U};
        if (auto refused = match.route->admit(http)) return *refused;
        return match.route->handler(http);
    }

    FakeQueue queue;
    FakePusher pusher;
    service::Delivery delivery{queue, pusher};
    NoPushCerts certificates;
    PushCertEndpoint push_certs{certificates};
    BasicAuth auth{"nanomdm", {"key"}};
    storage::InMemStorage storage;
    DeadLetterEndpoint dead_letters{storage};
    HttpClient client;
    EscrowEndpoint escrow{certificates, client, "http://127.0.0.1:9/"};
    service::Core core{storage, storage, storage, {}};
    MigrationEndpoint migration{core};
    Api api{auth, delivery, push_certs, dead_letters, escrow, &migration};
    Router router;
};

TEST_F(ApiTest, EveryRouteAsksForTheKey) {
    for (const auto* path :
         {"/v1/push/A", "/v1/enqueue/A", "/v1/pushcert", "/v1/push", "/v1/enqueue", "/v1/webhook/dead",
          "/v1/webhook/dead/replay", "/v1/escrowkeyunlock", "/migration", "/v1/else"}) {
        HttpRequest http;
        http.path = path;
        http.headers.add("Authorization", "Basic bmFub21kbTp3cm9uZw==");
        const auto match = router.match("POST", path);
        ASSERT_NE(match.route, nullptr) << path;
        const auto refused = match.route->admit(http);
        ASSERT_TRUE(refused) << path;
        EXPECT_EQ(refused->status, 401U);
        EXPECT_EQ(refused->headers.get("WWW-Authenticate"), "Basic realm=\"nanomdm\"");
    }
}

TEST_F(ApiTest, AllDeadLettersAreReplayedHoweverManyThereAre) {
    constexpr std::size_t many = 2500; // more than a page
    for (std::size_t i = 0; i < many; ++i) {
        storage.record_event({.id = std::to_string(i),
                              .topic = "mdm.Connect",
                              .created_at = {},
                              .enrollment = EnrollmentId{"MAC" + std::to_string(i)},
                              .body = "{}"});
    }
    std::vector<LaneVisit> visits;
    for (const auto& lane : storage.lease_events({.lanes = many}))
        visits.push_back({.enrollment = lane.enrollment, .lease = lane.lease, .buried_because = "refused"});
    storage.finish_lanes(visits);
    ASSERT_EQ(storage.outbox_state().dead, many);

    std::string cursor;
    std::size_t listed = 0;
    for (const std::size_t expected : {1000U, 1000U, 500U}) {
        const auto page = call("GET", "/v1/webhook/dead", {}, "limit=1000" + cursor);
        for (auto at = page.body.find("\"event_id\""); at != std::string::npos;
             at = page.body.find("\"event_id\"", at + 1))
            ++listed;
        const auto next = page.body.find("\"next_cursor\": \"");
        EXPECT_EQ(next == std::string::npos, expected < 1000) << page.body.substr(page.body.size() - 100);
        if (next != std::string::npos)
            cursor = "&cursor=" + page.body.substr(next + 16, page.body.find('"', next + 16) - next - 16);
    }
    EXPECT_EQ(listed, many);
    EXPECT_THAT(call("POST", "/v1/webhook/dead/replay", R"({"all": true})").body,
                HasSubstr("\"replayed\": 2500"));
    EXPECT_EQ(storage.outbox_state().waiting, many);
}

TEST_F(ApiTest, IdsInThePathAreDecodedThenSplit) {
    EXPECT_EQ(call("GET", "/v1/push/A%3A1,B%2CC").status, 200U);
    EXPECT_THAT(pusher.pushed, ElementsAre("A:1", "B", "C"));
    EXPECT_EQ(call("GET", "/v1/push/A%zz").status, 400U);
    EXPECT_EQ(call("GET", "/v1/push/").status, 400U);
}

TEST_F(ApiTest, EnqueueTakesAnyMethodWithABody) {
    EXPECT_EQ(call("PUT", "/v1/enqueue/A", command_plist).status, 200U);
    EXPECT_EQ(call("POST", "/v1/enqueue/A", command_plist, "nopush=1").status, 200U);
    ASSERT_EQ(queue.enqueued.size(), 2U);
    EXPECT_EQ(queue.enqueued[0].raw, command_plist);
    EXPECT_EQ(queue.enqueued[0].request_type.str(), "ProfileList");
    EXPECT_THAT(pusher.pushed, ElementsAre("A"));
}

TEST_F(ApiTest, EmptyNoPushParameterPushes) {
    EXPECT_EQ(call("PUT", "/v1/enqueue/A", command_plist, "nopush=").status, 200U);
    EXPECT_THAT(pusher.pushed, ElementsAre("A"));
}

TEST_F(ApiTest, EnqueueWithoutABodyOnlyPushes) {
    EXPECT_EQ(call("PUT", "/v1/enqueue/A").status, 200U);
    EXPECT_TRUE(queue.enqueued.empty());
    EXPECT_THAT(pusher.pushed, ElementsAre("A"));
    EXPECT_EQ(call("PUT", "/v1/enqueue/A", "", "nopush=1").status, 400U);
}

TEST_F(ApiTest, ABadCommandIsTheCallersFault) {
    for (const auto* body : {"nonsense", "<plist version=\"1.0\"><dict></dict></plist>"}) {
        const auto response = call("PUT", "/v1/enqueue/A", body);
        EXPECT_EQ(response.status, 400U) << body;
        EXPECT_THAT(response.body, HasSubstr("{\n\t\"error\": \""));
    }
    EXPECT_TRUE(queue.enqueued.empty());
}

TEST_F(ApiTest, AUuidWithOtherBytesIsAConflict) {
    queue.conflict = true;
    EXPECT_EQ(call("PUT", "/v1/enqueue/A", command_plist).status, 409U);
}

TEST_F(ApiTest, BulkFormsWork) {
    EXPECT_EQ(call("POST", "/v1/push", R"({"ids": ["A", "B"]})", "", "application/json").status, 200U);
    EXPECT_THAT(pusher.pushed, ElementsAre("A", "B"));
    EXPECT_EQ(call("POST", "/v1/enqueue", R"({"ids": ["A"]})", "", "application/json").status, 400U);
    EXPECT_EQ(call("POST", "/v1/enqueue", "nonsense", "", "application/json").status, 400U);
    EXPECT_EQ(call("PUT", "/v1/enqueue", "").status, 405U);
}

TEST_F(ApiTest, PushCertificateErrors) {
    EXPECT_EQ(call("GET", "/v1/pushcert").status, 400U);
    EXPECT_EQ(call("GET", "/v1/pushcert", "", "topic=unknown").status, 404U);
    EXPECT_EQ(call("PUT", "/v1/pushcert", "nonsense").status, 400U);
    EXPECT_EQ(call("DELETE", "/v1/pushcert").status, 405U);
    EXPECT_EQ(call("GET", "/v1/pushcert", "", "all=1").body, "{\n\t\"push_certificates\": []\n}\n");
}

TEST_F(ApiTest, UnknownCallsAre404) { EXPECT_EQ(call("GET", "/v1/nothing").status, 404U); }

TEST(Version, IsNanoMDMsExactBytes) {
    Router router;
    add_version_route(router, "1.2.3");
    HttpRequest http;
    const auto response = router.match("GET", "/version").route->handler(http);
    EXPECT_EQ(response.body, R"({"version":"1.2.3"})");
    EXPECT_EQ(response.content_type, "application/json");
}

} // namespace
} // namespace nanomdm::http
