// The order of messages, what is left out, and what a second run sends.
#include "contract/samples.hpp"
#include "mdm/decode.hpp"
#include "migrate/exporter.hpp"
#include "nanomdm/error.hpp"
#include "storage/inmem/inmem_storage.hpp"
#include "support/process/temp_dir.hpp"
#include "support/simulator/plist_dict.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

namespace nanomdm::migrate {
namespace {

using namespace std::chrono_literals;
using contract::user_of;
using sim::Dict;
using sim::top_level_member;
using test::UpstreamReply;
using test::UpstreamRequest;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

/// "Authenticate A", "TokenUpdate A:u", …
std::string told_by(const std::string& body) {
    const auto member = [&](const char* name) { return top_level_member(body, name).value_or(""); };
    auto text = member("MessageType") + " " + member("UDID");
    if (!member("UserID").empty()) text += ":" + member("UserID");
    return text;
}

class ExporterTest : public testing::Test {
protected:
    ExporterTest() {
        upstream.answer([this](const UpstreamRequest& request) {
            const auto told = told_by(request.body);
            const auto found = trouble.find(told);
            return found == trouble.end() ? UpstreamReply{} : UpstreamReply{.status = found->second};
        });
    }
    static std::string message(const char* type, const Enrollment& enrollment) {
        Dict dict;
        dict.string("MessageType", type).string("UDID", enrollment.device().str());
        if (enrollment.is_user_channel())
            dict.string("UserID", enrollment.id.str().substr(enrollment.device().str().size() + 1));
        return dict.string("Topic", "t").string("PushMagic", "m").bytes("Token", "token").document();
    }
    void begin(const Enrollment& device) {
        storage.store_authenticate(contract::authenticate(device, message("Authenticate", device)), "");
    }
    void update(const Enrollment& enrollment, const std::string& unlock_token = {}) {
        storage.store_token_update(
            contract::token_update(enrollment, message("TokenUpdate", enrollment), unlock_token));
    }
    Enrollment enrolled(const std::string& id) {
        auto device = contract::device(id);
        begin(device);
        update(device);
        return device;
    }
    /// What arrives in one run. @return the messages, in order
    std::vector<std::string> run(const std::filesystem::path& state_of = {}) {
        const auto before = upstream.count();
        ExportState state{state_of, upstream.url()};
        TargetPatience patience;
        patience.out_of_reach = 20ms;
        patience.pause = {.first = 1ms, .longest = 2ms};
        Target target{client, upstream.url(), "key", patience};
        Exporter exporter{
            {storage, storage, storage}, target, state, tally, {.connections = connections, .page = page}};
        exporter.run();
        return sent_since(before);
    }
    std::vector<std::string> sent_since(std::size_t before) const {
        const auto requests = upstream.requests();
        std::vector<std::string> sent;
        for (auto i = before; i < requests.size(); ++i) sent.push_back(told_by(requests[i].body));
        return sent;
    }

    storage::InMemStorage storage;
    std::map<std::string, int> trouble; ///< status by what is told
    http::HttpClient client;
    ExportTally tally;
    unsigned connections = 1;
    std::size_t page = 2;
    test::TempDir directory;
    std::filesystem::path state_file = directory / "state";
    test::Upstream upstream;
};

TEST_F(ExporterTest, EachDeviceComesWithItsTokensThenItsUsers) {
    const auto device = enrolled("B");
    update(device, "unlock");
    update(device);
    storage.store_bootstrap_token(contract::set_bootstrap_token(device, "boot"));
    for (const auto* name : {"ada", "bob"}) update(user_of(device, name));
    storage.store_user_authenticate(contract::user_authenticate(user_of(device, "bob"), "<raw>", "digest"));
    enrolled("A");

    EXPECT_THAT(run(), ElementsAre("Authenticate A", "TokenUpdate A", "Authenticate B", "TokenUpdate B",
                                   "SetBootstrapToken B", "TokenUpdate B:ada", "TokenUpdate B:bob"));
    const auto requests = upstream.requests();
    EXPECT_EQ(requests[0].body, storage.messages(EnrollmentId{"A"}).authenticate);
    EXPECT_EQ(requests[1].body, storage.messages(EnrollmentId{"A"}).token_update);
    EXPECT_EQ(top_level_member(requests[3].body, "UnlockToken"), "unlock");
    EXPECT_EQ(top_level_member(requests[4].body, "BootstrapToken"), "boot");
    EXPECT_EQ(tally.devices, 2U);
    EXPECT_EQ(tally.users, 2U);
    EXPECT_EQ(tally.unlock_tokens, 1U);
    EXPECT_EQ(tally.bootstrap_tokens, 1U);
    EXPECT_EQ(tally.failed, 0U);
}

TEST_F(ExporterTest, WhatIsDisabledIsLeftOut) {
    const auto gone = enrolled("A");
    update(user_of(gone, "ada"));
    storage.store_check_out(contract::check_out(gone));
    begin(contract::device("B"));
    const auto stays = enrolled("C");
    update(user_of(stays, "bob"));
    storage.store_check_out(contract::check_out(user_of(stays, "bob")));
    storage.store_user_authenticate(contract::user_authenticate(user_of(stays, "eve"), "<raw>", ""));

    EXPECT_THAT(run(), ElementsAre("Authenticate C", "TokenUpdate C"));
    EXPECT_EQ(tally.devices, 1U);
    EXPECT_EQ(tally.disabled_devices, 1U);
    EXPECT_EQ(tally.unfinished_devices, 1U);
    EXPECT_EQ(tally.disabled_users, 2U);
}

TEST_F(ExporterTest, WhatTheTargetRefusesHoldsUpNobodyElseAndIsAllThatARepeatedRunSends) {
    for (const auto* id : {"A", "B", "C", "D"}) enrolled(id);
    const auto b = contract::device("B");
    storage.store_bootstrap_token(contract::set_bootstrap_token(b, "boot"));
    update(user_of(b, "ada"));
    update(user_of(contract::device("D"), "bob"));
    trouble = {{"Authenticate A", 400},
               {"SetBootstrapToken B", 500},
               {"TokenUpdate C", 413},
               {"TokenUpdate D:bob", 400}};
    EXPECT_THAT(run(state_file),
                ElementsAre("Authenticate A", "Authenticate B", "TokenUpdate B", "SetBootstrapToken B",
                            "SetBootstrapToken B", "SetBootstrapToken B", "TokenUpdate B:ada",
                            "Authenticate C", "TokenUpdate C", "Authenticate D", "TokenUpdate D",
                            "TokenUpdate D:bob"));
    EXPECT_EQ(tally.failed, 4U);

    trouble.erase("Authenticate A");
    const auto second = run(state_file);
    trouble.clear();
    for (const auto* never : {"Authenticate B", "Authenticate C", "Authenticate D", "TokenUpdate D"})
        EXPECT_THAT(second, testing::Not(testing::Contains(never)));
    EXPECT_THAT(second, testing::IsSupersetOf({"Authenticate A", "TokenUpdate A", "TokenUpdate D:bob"}));
    EXPECT_THAT(run(state_file), UnorderedElementsAre("TokenUpdate B", "SetBootstrapToken B", "TokenUpdate C",
                                                      "TokenUpdate D:bob"));
    EXPECT_THAT(run(state_file), ElementsAre());
}

TEST_F(ExporterTest, ATargetThatGoesDownEndsTheRunAndTheNextOneSendsNoAuthenticateTwice) {
    for (int i = 100; i < 160; ++i) update(user_of(enrolled("M" + std::to_string(i)), "ada"));
    connections = 4;
    page = 16;
    std::mutex mutex;
    std::map<std::string, int> taken;
    int places = 0;
    upstream.answer([&](const UpstreamRequest& request) -> UpstreamReply {
        const std::lock_guard lock{mutex};
        if (places == 0) return {.status = 503};
        --places;
        ++taken[told_by(request.body)];
        return {};
    });
    for (int outage = 0; outage < 4; ++outage) {
        places = 37;
        EXPECT_THROW((void)run(state_file), Error);
    }
    places = 1000;
    (void)run(state_file);
    EXPECT_EQ(tally.failed, 0U);
    EXPECT_EQ(taken.size(), 180U);
    std::erase_if(taken, [](const auto& one) { return !one.first.starts_with("Authenticate"); });
    EXPECT_THAT(taken, testing::Each(testing::Pair(testing::_, 1)));
}

TEST_F(ExporterTest, DevicesGoSideBySideAndEachInItsOrder) {
    for (int i = 0; i < 40; ++i) {
        const auto device = enrolled("M" + std::to_string(i));
        update(user_of(device, "ada"));
    }
    connections = 8;
    page = 16;
    const auto sent = run();
    ASSERT_EQ(sent.size(), 120U);
    EXPECT_GT(upstream.connections(), 1U);
    std::map<std::string, std::vector<std::string>> by_device;
    for (const auto& told : sent)
        by_device[told.substr(told.find(' ') + 1, told.find(':') - told.find(' ') - 1)].push_back(
            told.substr(0, told.find(' ')) + (told.find(':') == std::string::npos ? "" : " user"));
    EXPECT_EQ(by_device.size(), 40U);
    for (const auto& [id, messages] : by_device)
        EXPECT_THAT(messages, ElementsAre("Authenticate", "TokenUpdate", "TokenUpdate user")) << id;
}

} // namespace
} // namespace nanomdm::migrate
