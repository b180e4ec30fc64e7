// The webhook's events: NanoMDM's members, nothing that does not apply.
#include "mdm/event.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace nanomdm {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

EventStamp stamp(std::map<std::string, std::string> url_params = {}) {
    return {.id = "e-1",
            .created_at = TimePoint{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 250ms},
            .url_params = std::move(url_params)};
}

Message message(Identifiers identifiers) {
    const auto enrollment = resolve(identifiers);
    return {std::move(identifiers), enrollment, "<raw>", stamp()};
}

TEST(Event, OfACheckIn) {
    const auto event = make_event(CheckOut{message({.udid = "MAC"})});
    EXPECT_EQ(event.id, "e-1");
    EXPECT_EQ(event.topic, "mdm.CheckOut");
    EXPECT_EQ(event.enrollment.str(), "MAC");
    EXPECT_EQ(Json::parse(event.body), Json::parse(R"({
        "topic": "mdm.CheckOut", "event_id": "e-1", "created_at": "2026-11-23T00:00:00.250Z",
        "checkin_event": {"udid": "MAC", "ids": {"id": "MAC", "type": "Device"}, "raw_payload": "PHJhdz4="}})"));
}

TEST(Event, OfAUserChannelNamesItsDevice) {
    CheckOut check_out{message({.udid = "MAC", .user_id = "USER"})};
    check_out.event = stamp({{"a", "1"}, {"b", ""}});
    const auto about = Json::parse(make_event(check_out).body)["checkin_event"];
    EXPECT_EQ(about["ids"], Json::parse(R"({"id": "MAC:USER", "type": "User", "parent_id": "MAC"})"));
    EXPECT_EQ(about["url_params"], Json::parse(R"({"a": "1", "b": ""})"));
}

TEST(Event, OfAByodDeviceHasItsEnrollmentId) {
    const CheckOut check_out{message({.enrollment_id = "BYOD"})};
    const auto about = Json::parse(make_event(check_out).body)["checkin_event"];
    EXPECT_EQ(about["enrollment_id"], "BYOD");
    EXPECT_FALSE(about.contains("udid"));
}

TEST(Event, OfAReportHasStatusAndCommand) {
    CommandReport report{message({.udid = "MAC"}), ReportStatus{"Error"}, CommandUuid{"C-1"}};
    const auto body = Json::parse(make_event(report).body);
    EXPECT_EQ(body["topic"], "mdm.Connect");
    EXPECT_EQ(body["acknowledge_event"]["status"], "Error");
    EXPECT_EQ(body["acknowledge_event"]["command_uuid"], "C-1");
    report.command_uuid.reset();
    EXPECT_FALSE(Json::parse(make_event(report).body)["acknowledge_event"].contains("command_uuid"));
}

} // namespace
} // namespace nanomdm
