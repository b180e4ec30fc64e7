// From the queue to the device and back: order, NotNow, repeated and unknown reports.
#include "e2e/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

using testing::ElementsAre;

std::vector<std::string> summary(const std::vector<sim::Exchange>& exchanges) {
    std::vector<std::string> lines;
    for (const auto& [command, status] : exchanges) lines.push_back(command.uuid + " " + status);
    return lines;
}

TEST(Delivery, CommandsComeInTheOrderEnqueued) {
    Scene scene;
    auto device = scene.enrolled("U1");
    std::vector<std::string> expected;
    for (int i = 0; i < 50; ++i) {
        // Names whose alphabetical order is not the order enqueued.
        const auto uuid = "C" + std::to_string((i * 37) % 50);
        scene.api().must_enqueue("U1", uuid);
        expected.push_back(uuid + " Acknowledged");
    }
    EXPECT_EQ(summary(device.connect()), expected);
}

TEST(Delivery, OrderSurvivesARestart) {
    Scene scene;
    auto device = scene.enrolled("U1");
    for (const char* uuid : {"Z", "A", "M"}) scene.api().must_enqueue("U1", uuid);
    scene.restart({});
    scene.api().must_enqueue("U1", "B");
    device.use_endpoint(scene.endpoint());
    EXPECT_THAT(summary(device.connect()),
                ElementsAre("Z Acknowledged", "A Acknowledged", "M Acknowledged", "B Acknowledged"));
}

TEST(Delivery, NotNowIsPassedOverOnlyRightAfterANotNow) {
    Scene scene;
    auto device = scene.enrolled("U1");
    scene.api().must_enqueue("U1", "A", "DeviceLock");
    scene.api().must_enqueue("U1", "B");
    scene.api().must_enqueue("U1", "C");
    const auto first = device.connect(sim::answer_with(device, "Acknowledged", {{"DeviceLock", "NotNow"}}));
    EXPECT_THAT(summary(first),
                ElementsAre("A NotNow", "B Acknowledged", "A NotNow", "C Acknowledged", "A NotNow"));
    EXPECT_THAT(summary(device.connect()), ElementsAre("A Acknowledged"));
    EXPECT_TRUE(device.connect().empty());
}

TEST(Delivery, AllNotNowEndsTheExchange) {
    Scene scene;
    auto device = scene.enrolled("U1");
    for (const char* uuid : {"A", "B", "C"}) scene.api().must_enqueue("U1", uuid);
    EXPECT_THAT(summary(device.connect(sim::answer_with(device, "NotNow"))),
                ElementsAre("A NotNow", "B NotNow", "C NotNow"));
    // The next exchange starts with all of them; after one NotNow the others, answered so before, are passed
    // over.
    scene.restart({});
    device.use_endpoint(scene.endpoint());
    EXPECT_THAT(summary(device.connect(sim::answer_with(device, "NotNow"))), ElementsAre("A NotNow"));
    EXPECT_THAT(summary(device.connect()), ElementsAre("A Acknowledged", "B Acknowledged", "C Acknowledged"));
}

TEST(Delivery, EveryFinalStatusTakesTheCommandOffTheQueue) {
    Scene scene;
    auto device = scene.enrolled("U1");
    for (const char* status : {"Acknowledged", "Error", "CommandFormatError", "SomethingNew"}) {
        scene.api().must_enqueue("U1", status);
        EXPECT_THAT(summary(device.connect(sim::answer_with(device, status))),
                    ElementsAre(std::string{status} + " " + status));
        EXPECT_TRUE(device.connect().empty()) << status;
    }
}

TEST(Delivery, CommandBytesComeBackExactly) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const std::string command =
        "<?xml version='1.0'?>\r\n<!-- kept -->\n<plist version=\"1.0\"><dict>\n"
        "<key>Command</key><dict><key>RequestType</key><string>Settings</string>"
        "<key>Umlaut</key><string>\xC3\xA4&amp;\xF0\x9F\x98\x80</string></dict>"
        "<key>CommandUUID</key><string>odd uuid/with:stuff</string></dict></plist>  \n\n";
    ASSERT_EQ(scene.api().enqueue("U1", command).status, 200);
    const auto response = device.report("Idle");
    EXPECT_EQ(response.body, command);
    EXPECT_EQ(response.header("content-type"), "application/xml");
    EXPECT_EQ(device.report("Acknowledged", "odd uuid/with:stuff").body, "");
}

TEST(Delivery, BinaryCommandsComeBackExactlyOrAreRefused) {
    Scene scene;
    auto device = scene.enrolled("U1");
    const auto command = sim::to_binary(sim::command_plist("C1", "ProfileList"));
    const auto status = scene.api().enqueue("U1", command).status;
    EXPECT_TRUE(status == 200 || status == 400) << status;
    EXPECT_EQ(device.report("Idle").body, status == 200 ? command : "");
}

TEST(Delivery, UnknownRepeatedAndClearedReportsAre200) {
    Scene scene;
    auto device = scene.enrolled("U1");
    EXPECT_EQ(device.report("Acknowledged", "never-enqueued").status, 200);
    EXPECT_EQ(device.report("NotNow", "never-enqueued").status, 200);
    scene.api().must_enqueue("U1", "C1");
    scene.api().must_enqueue("U1", "C2");
    ASSERT_EQ(device.connect().size(), 2U);
    EXPECT_EQ(device.report("Acknowledged", "C1").status, 200);
    EXPECT_EQ(device.report("Error", "C1").status, 200);
    scene.api().must_enqueue("U1", "C3");
    device.enroll();
    EXPECT_EQ(device.report("Acknowledged", "C3").status, 200);
    EXPECT_TRUE(device.connect().empty());
}

TEST(Delivery, AReportForAnotherDevicesCommandChangesNothing) {
    Scene scene;
    auto one = scene.enrolled("U1");
    auto two = scene.enrolled("U2");
    scene.api().must_enqueue("U1", "C1");
    EXPECT_EQ(two.report("Acknowledged", "C1").status, 200);
    EXPECT_EQ(one.connect().size(), 1U);
}

TEST(Delivery, ReportWithoutStatusIs400) {
    Scene scene;
    auto device = scene.enrolled("U1");
    EXPECT_EQ(device.send_report(device.channel().members().string("CommandUUID", "X").document()).status,
              400);
}

TEST(Delivery, ReportNeedsNoContentType) {
    Scene scene;
    auto device = scene.enrolled("U1");
    scene.api().must_enqueue("U1", "C1");
    auto request = device.report_request(device.report_message("Idle", {}));
    request.headers.back().second = ""; // curl then sends none
    EXPECT_EQ(device.http().send(request).status, 200);
}

TEST(Delivery, AHugeReportIsStoredOnDisk) {
    Scene scene;
    auto device = scene.enrolled("U1");
    scene.api().must_enqueue("U1", "C1", "InstalledApplicationList");
    std::vector<sim::Dict> applications;
    for (int i = 0; i < 3000; ++i)
        applications.push_back(
            sim::Dict{}.string("Name", "App " + std::to_string(i)).integer("BundleSize", i));
    const auto results = sim::Dict{}.array("InstalledApplicationList", applications);
    EXPECT_EQ(device.report("Acknowledged", "C1", results).status, 200);
    EXPECT_TRUE(device.connect().empty());
    scene.stop();
    bool found = false;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{scene.storage()})
        if (entry.is_regular_file() && read_file(entry.path()).find("App 2999") != std::string::npos)
            found = true;
    EXPECT_TRUE(found) << "the result is nowhere on disk";
}

TEST(Delivery, AReportWithReadableTopLevelIsTakenWhateverTheRestHolds) {
    Scene scene;
    auto device = scene.enrolled("U1");
    scene.api().must_enqueue("U1", "C1");
    std::string nested;
    for (int i = 0; i < 100; ++i) nested += "<array>";
    for (int i = 0; i < 100; ++i) nested += "</array>";
    auto body = device.report_message("Acknowledged", "C1");
    body.insert(body.find("</dict>"), "<key>Deep</key>" + nested);
    EXPECT_EQ(device.send_report(body).status, 200);
    EXPECT_TRUE(device.connect().empty());
}

} // namespace
} // namespace nanomdm::test
