// -export-to through real programs: from each storage to each, interrupted, a fleet of thousands.
#include "contract/samples.hpp"
#include "e2e/export_scene.hpp"
#include "support/process/process_usage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace nanomdm::test {
namespace {

using sim::top_level_member;
using testing::HasSubstr;

std::vector<std::string> target_flags(const Place& to) {
    auto flags = to.flags();
    flags.insert(flags.end(), {"-migration", "-retro"});
    return flags;
}

void expect_same_fleet(AllStorage& from, AllStorage& to) {
    std::optional<EnrollmentId> after;
    std::size_t enabled = 0;
    for (;;) {
        const auto page = from.devices_after(after, 500);
        if (page.empty()) break;
        after = page.back().enrollment.id;
        for (const auto& device : page) {
            if (!device.enabled) continue;
            ++enabled;
            auto all = from.user_channels(device.enrollment.id);
            std::erase_if(all, [](const auto& user) { return !user.enabled; });
            ASSERT_EQ(to.user_channels(device.enrollment.id).size(), all.size());
            all.push_back(device);
            for (const auto& old : all) {
                const auto& id = old.enrollment.id;
                const auto moved = to.enrollment(id);
                ASSERT_TRUE(moved) << id.str();
                EXPECT_EQ(moved->enrollment, old.enrollment);
                EXPECT_TRUE(moved->enabled);
                EXPECT_EQ(moved->token_update_tally, 1);
                EXPECT_EQ(moved->serial_number, old.serial_number);
                EXPECT_EQ(moved->push, old.push);
                EXPECT_EQ(moved->user_short_name, old.user_short_name);
                EXPECT_EQ(moved->user_long_name, old.user_long_name);
                EXPECT_EQ(to.messages(id).authenticate, from.messages(id).authenticate);
                EXPECT_EQ(to.messages(id).unlock_token, from.messages(id).unlock_token);
                if (!old.enrollment.is_user_channel()) {
                    EXPECT_EQ(to.bootstrap_token(id), from.bootstrap_token(id));
                }
            }
        }
    }
    std::size_t arrived = 0;
    after.reset();
    for (auto page = to.devices_after(after, 500); !page.empty(); page = to.devices_after(after, 500)) {
        arrived += page.size();
        after = page.back().enrollment.id;
    }
    EXPECT_EQ(arrived, enabled) << "nobody else came along";
}

using Pair = std::pair<const char*, const char*>;
class ExportBetween : public testing::TestWithParam<Pair> {};

TEST_P(ExportBetween, EverythingComesOverAndDevicesGoOn) {
    const Place from{GetParam().first};
    const Place to{GetParam().second};
    const auto mac = test_identity("MAC");
    {
        const auto store = from.open();
        put(*store, simulated(sim::Channel::device("MAC"), mac), "unlock\0MAC", "boot MAC");
        put(*store, simulated(sim::Channel::user("MAC", "A1", "ada", "Ada Ä"), mac));
        put(*store, simulated(sim::Channel::user("MAC", "B1", "bob", ""), mac));
        put(*store, simulated(sim::Channel::device("PAD /..%"), mac));
        put(*store, simulated(sim::Channel::shared_ipad("PAD /..%", "ada@example.org"), mac));
        put(*store, simulated(sim::Channel::user_enrollment_device("BYOD"), mac), {}, "boot BYOD");
        put(*store, simulated(sim::Channel::user_enrollment("BYOD", "C1", "cyd", "Cyd"), mac));
        put(*store, simulated(sim::Channel::device("GONE"), mac));
        store->store_check_out(contract::check_out(contract::device("GONE")));
        store->store_check_out(contract::check_out(contract::user_of(contract::device("MAC"), "B1")));
        store->store_authenticate(contract::authenticate(contract::device("BEGUN")), "");
        put_fleet(*store, 40);
    }
    Scene target{target_flags(to)};
    const auto finished = export_all(from, target.url() + "/migration");
    EXPECT_EQ(finished.status.code, 0) << finished.error;
    EXPECT_THAT(finished.output,
                HasSubstr("exported: 43 devices, 13 users, 1 unlock tokens, 22 bootstrap tokens\n"
                          "left out: 1 disabled devices, 1 devices that never completed their "
                          "enrollment, 1 disabled users\nfailed: 0\n"));
    EXPECT_THAT(finished.error, testing::Not(HasSubstr(Scene::api_key)));

    // The device keeps its certificate, which the new server has never seen.
    target.api().must_enqueue("MAC,MAC:A1,BYOD,BYOD:C1", "after-the-move");
    auto device = target.device(sim::Channel::device("MAC"), mac);
    EXPECT_EQ(top_level_member(device.get_bootstrap_token().body, "BootstrapToken"), "boot MAC");
    ASSERT_EQ(device.connect().size(), 1U);
    EXPECT_EQ(target.device(sim::Channel::user("MAC", "A1", "ada", "Ada"), mac).connect().size(), 1U);
    EXPECT_THAT(target.api().enqueue("GONE", sim::command_plist("x", "DeviceInformation")).body,
                HasSubstr("enrollment not found"));
    target.stop();
    if (to.can_be_opened()) expect_same_fleet(*from.open(), *to.open());
}

INSTANTIATE_TEST_SUITE_P(Storages, ExportBetween,
                         testing::Values(Pair{"file", "file"}, Pair{"file", "mysql"}, Pair{"file", "inmem"},
                                         Pair{"mysql", "file"}, Pair{"mysql", "mysql"},
                                         Pair{"mysql", "inmem"}),
                         [](const auto& instance) {
                             return std::string{instance.param.first} + "_to_" + instance.param.second;
                         });

TEST(Export, KilledAtAnyMomentItGoesOnWhereItWas) {
    constexpr int fleet = 600;
    constexpr int at_once = 8; // whose Authenticate may have been answered and not noted
    const Place from{"file"};
    put_fleet(*from.open(), fleet);
    CountingTarget target;
    const TempDir directory;
    const std::vector<std::string> state{"-export-state", (directory / "state").string()};
    std::mt19937 random{std::random_device{}()};
    constexpr int kills = 5;
    for (int kill = 1; kill <= kills; ++kill) {
        const auto before = target.taken();
        ChildProcess process{{.command = export_command(from, target.url(), state)}};
        const auto more = std::uniform_int_distribution<std::size_t>{1, 250}(random);
        EXPECT_TRUE(eventually([&] { return target.taken() >= before + more; }, 30s))
            << process.standard_error();
        process.kill();
    }
    const auto finished = export_all(from, target.url(), state);
    EXPECT_EQ(finished.status.code, 0) << finished.error;
    const auto authenticates = target.authenticates();
    EXPECT_EQ(authenticates.size(), static_cast<std::size_t>(fleet));
    int again = 0;
    for (const auto& [id, times] : authenticates) again += times - 1;
    EXPECT_LE(again, kills * at_once);

    const auto nothing_left = target.taken();
    const auto repeated = export_all(from, target.url(), state);
    EXPECT_EQ(repeated.status.code, 0);
    EXPECT_THAT(repeated.output, HasSubstr("an earlier run was complete"));
    EXPECT_EQ(target.taken(), nothing_left);
    const auto elsewhere = export_all(from, target.url() + "/other", state);
    EXPECT_EQ(elsewhere.status.code, 2);
    EXPECT_THAT(elsewhere.error, HasSubstr("-export-state: "));
    EXPECT_THAT(elsewhere.error, HasSubstr("another URL"));
}

/// A large fleet, and messages that are large: neither may pile up.
TEST(Export, MemoryDoesNotGrowWithTheFleet) {
    constexpr int fleet = 5000;
    const Place from{"mysql"};
    {
        const auto store = from.open();
        put_fleet(*store, 8);
    }
    from.sql("INSERT INTO devices (id, authenticate, token_update, serial_number) "
             "SELECT CONCAT('SEQ-', seq), CONCAT(d.authenticate, REPEAT(' ', 50000)), d.token_update, 'S' "
             "FROM seq_1_to_5000 JOIN devices d ON d.id = 'MAC-100001'; "
             "INSERT INTO enrollments (id, device_id, type, topic, push_magic, token_hex) "
             "SELECT id, id, 'Device', 't', 'm', '00' FROM devices WHERE id LIKE 'SEQ-%'");
    Upstream target;
    // AddressSanitizer keeps what is freed: less of it.
    ChildProcess process{{.command = export_command(from, target.url()),
                          .environment = {{"ASAN_OPTIONS", "quarantine_size_mb=8"}}}};
    std::uint64_t most = 0;
    EXPECT_TRUE(eventually(
        [&] {
            try {
                most = std::max(most, process_usage(process.pid()).resident_bytes);
            } catch (const std::runtime_error&) { // it has ended
            }
            return process.wait(1ms).has_value();
        },
        120s))
        << process.standard_error();
    EXPECT_THAT(process.standard_output(), HasSubstr("exported: " + std::to_string(fleet + 8) + " devices"));
    EXPECT_LT(most, 150U << 20) << "of 250 MB of messages";
}

} // namespace
} // namespace nanomdm::test
