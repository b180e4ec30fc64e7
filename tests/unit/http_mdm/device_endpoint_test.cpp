// The device endpoints: which message goes where, and the status of everything that can go wrong.
#include "http/mdm/device_endpoint.hpp"
#include "nanomdm/error.hpp"
#include "nanomdm/service/upstream.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace nanomdm::http {
namespace {

std::string plist(const std::string& members) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><plist version=\"1.0\"><dict>"
           "<key>UDID</key><string>DEVICE</string>" +
           members + "</dict></plist>";
}

std::string check_in(const std::string& type, const std::string& members = {}) {
    return plist("<key>MessageType</key><string>" + type + "</string>" + members);
}

const std::string idle = plist("<key>Status</key><string>Idle</string>");
constexpr const char* check_in_type = "application/x-apple-aspen-mdm-checkin; charset=UTF-8";

/// Records the last call and answers as told.
class RecordingService final : public Service {
public:
    std::string called;
    std::map<std::string, std::string> params;
    std::function<void()> fail = [] {};
    UserAuthenticateAnswer user_answer = UserAuthenticateAnswer::declined;
    std::optional<std::string> escrowed;
    std::string declarations = "{}";
    std::optional<Command> command;
    std::optional<EventStamp> stamp; ///< of the last message

    void authenticate(const Request& r, const Authenticate& m) override {
        stamp = m.event;
        record("Authenticate", r);
    }
    int token_update(const Request& r, const TokenUpdate&) override { return record("TokenUpdate", r), 1; }
    void check_out(const Request& r, const CheckOut& m) override {
        stamp = m.event;
        record("CheckOut", r);
    }
    UserAuthenticateAnswer user_authenticate(const Request& r, const UserAuthenticate&) override {
        return record("UserAuthenticate", r), user_answer;
    }
    void set_bootstrap_token(const Request& r, const SetBootstrapToken&) override {
        record("SetBootstrapToken", r);
    }
    std::optional<std::string> bootstrap_token(const Request& r, const GetBootstrapToken&) override {
        return record("GetBootstrapToken", r), escrowed;
    }
    std::string declarative_management(const Request& r, const DeclarativeManagement&) override {
        return record("DeclarativeManagement", r), declarations;
    }
    std::string token(const Request& r, const GetToken&) override { return record("GetToken", r), "token"; }
    std::optional<Command> command_report(const Request& r, const CommandReport& m) override {
        stamp = m.event;
        return record("CommandReport", r), command;
    }

private:
    void record(const char* name, const Request& request) {
        called = name;
        params = request.url_params;
        fail();
    }
};

class SetIdentity final : public IdentitySource {
public:
    std::shared_ptr<const IdentityCertificate> certificate = std::make_shared<IdentityCertificate>();
    bool bad = false;
    std::shared_ptr<const IdentityCertificate> identify(const HttpRequest&) override {
        if (bad) throw Error{Errc::invalid, "bad signature"};
        return certificate;
    }
};

class DeviceEndpointTest : public ::testing::Test {
protected:
    HttpResponse put(const std::string& body, const std::string& type = {}, const std::string& path = "/mdm",
                     bool separate_check_in = false) {
        Router router;
        endpoint.add_routes(router, separate_check_in);
        HttpRequest http;
        http.method = "PUT";
        http.path = path;
        http.query = "b=2&a=1&a=3";
        http.body = body;
        if (!type.empty()) http.headers.add("Content-Type", type);
        const auto match = router.match("PUT", path);
        return match.route == nullptr ? HttpResponse{.status = 404} : match.route->handler(http);
    }
    Lane lane_of(const std::string& body, const std::string& type, const std::string& path = "/mdm",
                 bool separate_check_in = false) {
        Router router;
        endpoint.add_routes(router, separate_check_in);
        HttpRequest http;
        http.body = body;
        if (!type.empty()) http.headers.add("Content-Type", type);
        return router.match("PUT", path).route->choose_lane(http);
    }

    RecordingService service;
    SetIdentity identity;
    DeviceEndpoint endpoint{service, identity};
};

TEST_F(DeviceEndpointTest, ContentTypeTellsCheckInFromReport) {
    EXPECT_EQ(put(check_in("CheckOut"), check_in_type).status, 200U);
    EXPECT_EQ(service.called, "CheckOut");
    for (const auto* type : {"", "application/x-apple-aspen-mdm; charset=UTF-8", "text/plain"}) {
        EXPECT_EQ(put(idle, type).status, 200U) << type;
        EXPECT_EQ(service.called, "CommandReport") << type;
    }
}

TEST_F(DeviceEndpointTest, SeparateCheckInEndpointIgnoresTheType) {
    EXPECT_EQ(put(check_in("CheckOut"), "", "/checkin", true).status, 200U);
    EXPECT_EQ(service.called, "CheckOut");
    EXPECT_EQ(put(idle, check_in_type, "/mdm", true).status, 200U);
    EXPECT_EQ(service.called, "CommandReport");
    EXPECT_EQ(put(check_in("CheckOut"), "", "/checkin", false).status, 404U);
}

TEST_F(DeviceEndpointTest, FirstValueOfEachUrlParameterTravels) {
    put(idle);
    EXPECT_EQ(service.params, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}}));
}

TEST_F(DeviceEndpointTest, MessagesAreStampedWhenAWebhookIsToHearOfThem) {
    put(idle);
    EXPECT_FALSE(service.stamp) << "no webhook";

    DeviceEndpoint stamping{service, identity, true};
    Router router;
    stamping.add_routes(router, true);
    HttpRequest report{.method = "PUT",
                       .path = "/mdm",
                       .query = "a=1",
                       .headers = {},
                       .body = idle,
                       .remote = {},
                       .trace_id = {}};
    HttpRequest leaving{.method = "PUT",
                        .path = "/checkin",
                        .query = "",
                        .headers = {},
                        .body = check_in("CheckOut"),
                        .remote = {},
                        .trace_id = {}};
    EXPECT_EQ(router.match("PUT", "/mdm").route->handler(report).status, 200U);
    ASSERT_TRUE(service.stamp);
    const auto first = *service.stamp;
    EXPECT_EQ(first.id.size(), 36U);
    EXPECT_EQ(first.url_params, (std::map<std::string, std::string>{{"a", "1"}}));
    EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - first.created_at), std::chrono::minutes{1});
    EXPECT_EQ(router.match("PUT", "/checkin").route->handler(leaving).status, 200U);
    ASSERT_TRUE(service.stamp);
    EXPECT_NE(service.stamp->id, first.id);
}

TEST_F(DeviceEndpointTest, WithoutAGoodCertificate400AndNothingHappens) {
    identity.certificate = nullptr;
    EXPECT_EQ(put(idle).status, 400U);
    identity.bad = true;
    const auto response = put(idle);
    EXPECT_EQ(response.status, 400U);
    EXPECT_EQ(response.body, "Bad Request\n");
    EXPECT_EQ(service.called, "");
}

TEST_F(DeviceEndpointTest, UndecodableBodiesAre400) {
    EXPECT_EQ(put("nonsense", check_in_type).status, 400U);
    EXPECT_EQ(put(check_in("Unheard"), check_in_type).status, 400U);
    EXPECT_EQ(put("").status, 400U);
    EXPECT_EQ(put(plist("")).status, 400U) << "no Status";
    EXPECT_EQ(service.called, "");
}

TEST_F(DeviceEndpointTest, RefusalIs403WithAnEmptyBody) {
    service.fail = [] { throw Error{Errc::forbidden, "certificate of another device"}; };
    const auto response = put(idle);
    EXPECT_EQ(response.status, 403U);
    EXPECT_EQ(response.body, "");
}

TEST_F(DeviceEndpointTest, FailuresInsideTellTheDeviceToTryAgainAndNothingElse) {
    service.fail = [] { throw Error{Errc::unavailable, "SELECT secret FROM /path"}; };
    auto response = put(idle);
    EXPECT_EQ(response.status, 503U);
    EXPECT_EQ(response.body, "Service Unavailable\n");
    EXPECT_TRUE(response.headers.get("Retry-After"));
    service.fail = [] { throw std::runtime_error{"bug at /path"}; };
    response = put(idle);
    EXPECT_EQ(response.status, 500U);
    EXPECT_EQ(response.body, "Internal Server Error\n");
    service.fail = [] { throw Error{Errc::not_configured, "no -dm"}; };
    EXPECT_EQ(
        put(check_in("DeclarativeManagement", "<key>Endpoint</key><string>tokens</string>"), check_in_type)
            .status,
        500U);
}

TEST_F(DeviceEndpointTest, NoErrorIsEver401) {
    for (const auto code :
         {Errc::invalid, Errc::forbidden, Errc::not_found, Errc::conflict, Errc::too_large, Errc::unavailable,
          Errc::upstream_failed, Errc::not_configured, Errc::corrupt, Errc::internal}) {
        service.fail = [code] { throw Error{code, "x"}; };
        EXPECT_NE(put(idle).status, 401U);
    }
}

TEST_F(DeviceEndpointTest, AnUpstreamsRefusalKeepsItsStatusAndNothingElse) {
    const auto declarative = check_in("DeclarativeManagement", "<key>Endpoint</key><string>t</string>");
    for (const unsigned status : {404U, 410U, 429U}) {
        service.fail = [status] { throw UpstreamRefusal{status, "http://dm.internal: no"}; };
        const auto response = put(declarative, check_in_type);
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(response.body.find("dm.internal"), std::string::npos);
    }
    service.fail = [] { throw Error{Errc::upstream_failed, "http://dm.internal: timed out"}; };
    EXPECT_EQ(put(declarative, check_in_type).status, 502U);
}

TEST_F(DeviceEndpointTest, OnlyWhatMayAskOthersLeavesTheWorkers) {
    for (const auto* type : {"Authenticate", "TokenUpdate", "CheckOut", "UserAuthenticate",
                             "SetBootstrapToken", "GetBootstrapToken"}) {
        EXPECT_EQ(lane_of(check_in(type), check_in_type), Lane::worker) << type;
        EXPECT_EQ(lane_of(check_in(type), "", "/checkin", true), Lane::worker) << type;
    }
    for (const auto* type : {"DeclarativeManagement", "GetToken"}) {
        EXPECT_EQ(lane_of(check_in(type), check_in_type), Lane::upstream) << type;
        EXPECT_EQ(lane_of(check_in(type), "", "/checkin", true), Lane::upstream) << type;
    }
    EXPECT_EQ(lane_of(idle, ""), Lane::worker);
    EXPECT_EQ(lane_of(check_in("GetToken"), ""), Lane::worker) << "it is read as a command report";
    EXPECT_EQ(lane_of(check_in("GetToken"), check_in_type, "/mdm", true), Lane::worker) << "likewise";
}

TEST_F(DeviceEndpointTest, AQuestionToOthersCannotPassForSomethingElse) {
    const std::string endpoint_member = "<key>Endpoint</key><string>t</string>";
    const auto escaped = check_in("Declarative&#77;anagement", endpoint_member);
    EXPECT_EQ(lane_of(escaped, check_in_type), Lane::upstream);
    EXPECT_EQ(put(escaped, check_in_type).status, 200U);

    const auto late = plist("<key>Data</key><data>" + std::string(400'000, 'A') + "</data>" +
                            endpoint_member + "<key>MessageType</key><string>DeclarativeManagement</string>");
    EXPECT_EQ(lane_of(late, check_in_type), Lane::upstream);
    EXPECT_EQ(put(late, check_in_type).status, 200U);

    service.called.clear();
    const auto twice = check_in("CheckOut", endpoint_member + "<key>MessageType</key>"
                                                              "<string>DeclarativeManagement</string>");
    EXPECT_EQ(lane_of(twice, check_in_type), Lane::worker);
    EXPECT_EQ(put(twice, check_in_type).status, 400U);
    EXPECT_EQ(service.called, "");
}

TEST_F(DeviceEndpointTest, DeclarationsAreJsonAndTheAnswerToAStatusReportIsEmpty) {
    const auto body = check_in("DeclarativeManagement", "<key>Endpoint</key><string>t</string>");
    EXPECT_EQ(put(body, check_in_type).body, "{}");
    EXPECT_EQ(put(body, check_in_type).content_type, "application/json");
    service.declarations.clear();
    EXPECT_EQ(put(body, check_in_type).body, "");
    EXPECT_EQ(put(body, check_in_type).content_type, "");
}

TEST_F(DeviceEndpointTest, CommandIsDeliveredByteForByte) {
    service.command = Command{CommandUuid{"C"}, RequestType{"R"}, "exact \x01 bytes"};
    const auto response = put(idle);
    EXPECT_EQ(response.body, "exact \x01 bytes");
    EXPECT_EQ(response.content_type, "application/xml");
    service.command.reset();
    EXPECT_EQ(put(idle).body, "");
}

TEST_F(DeviceEndpointTest, UserAuthenticateAnswers) {
    const auto body = check_in("UserAuthenticate", "<key>UserID</key><string>U</string>");
    EXPECT_EQ(put(body, check_in_type).status, 410U);
    service.user_answer = UserAuthenticateAnswer::challenge;
    const auto challenge = put(body, check_in_type);
    EXPECT_EQ(challenge.status, 200U);
    EXPECT_NE(challenge.body.find("<key>DigestChallenge</key>"), std::string::npos);
    service.user_answer = UserAuthenticateAnswer::accepted;
    EXPECT_EQ(put(body, check_in_type).body, "");
}

TEST_F(DeviceEndpointTest, BootstrapTokenAnswers) {
    EXPECT_EQ(put(check_in("GetBootstrapToken"), check_in_type).body, "");
    service.escrowed = "raw";
    const auto response = put(check_in("GetBootstrapToken"), check_in_type);
    EXPECT_NE(response.body.find("<key>BootstrapToken</key>"), std::string::npos);
    EXPECT_NE(response.body.find("cmF3"), std::string::npos);
}

} // namespace
} // namespace nanomdm::http
