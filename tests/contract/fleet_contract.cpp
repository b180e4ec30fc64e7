// Walking through the fleet: everybody once, whatever the pages and whatever happens meanwhile.
#include "contract/storage_contract.hpp"

#include <algorithm>

namespace nanomdm::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

std::vector<std::string> ids_of(const std::vector<EnrollmentState>& states) {
    std::vector<std::string> all;
    for (const auto& state : states) all.push_back(state.enrollment.id.str());
    return all;
}

/// Goes through all devices; `between` is called behind every page.
std::vector<std::string> walk(
    AllStorage& storage, std::size_t page_size, const std::function<void()>& between = [] {}) {
    std::vector<std::string> all;
    std::optional<EnrollmentId> after;
    for (;;) {
        const auto page = storage.devices_after(after, page_size);
        EXPECT_LE(page.size(), page_size);
        for (const auto& state : page) all.push_back(state.enrollment.id.str());
        if (page.size() < page_size) return all;
        after = page.back().enrollment.id;
        between();
    }
}

/// To the second: a database keeps no more.
void expect_same(const EnrollmentState& a, const EnrollmentState& b) {
    EXPECT_EQ(a.enrollment, b.enrollment);
    EXPECT_EQ(a.enabled, b.enabled);
    EXPECT_EQ(a.token_update_tally, b.token_update_tally);
    EXPECT_EQ(a.serial_number, b.serial_number);
    EXPECT_EQ(a.push, b.push);
    EXPECT_EQ(a.last_seen_at, b.last_seen_at);
    EXPECT_EQ(a.user_short_name, b.user_short_name);
    EXPECT_EQ(a.user_long_name, b.user_long_name);
}

/// IDs that collations, paths and statements like to confuse.
const std::vector<std::string> hostile{"A",  "A ",  "a", "A-1", "A%", "A_", "A'",
                                       "..", "A/",  "ä", "Ä\"", "é",  "\\", "\xF0\x9F\x8D\x8E",
                                       " A", "ZZZZ"};

TEST_P(FleetContract, AnEmptyStoreHasNoDevices) {
    EXPECT_THAT(storage().devices_after(std::nullopt, 10), IsEmpty());
    EXPECT_THAT(storage().devices_after(EnrollmentId{"A"}, 10), IsEmpty());
    EXPECT_THAT(storage().user_channels(EnrollmentId{"A"}), IsEmpty());
}

TEST_P(FleetContract, EveryDeviceIsOnOnePageHoweverLargeThePagesAre) {
    for (const auto& id : hostile) enroll(device(id));
    const auto in_one = walk(storage(), 1000);
    EXPECT_THAT(in_one, UnorderedElementsAreArray(hostile));
    for (const std::size_t size : {1U, 2U, 3U, 15U, 16U, 17U})
        EXPECT_EQ(walk(storage(), size), in_one) << size;
    EXPECT_THAT(storage().devices_after(std::nullopt, 0), IsEmpty());
}

TEST_P(FleetContract, WhatComesAndGoesMeanwhileDisturbsNobodyElse) {
    std::vector<std::string> stay;
    for (char letter = 'A'; letter <= 'Z'; ++letter) stay.push_back("M" + std::string(1, letter));
    for (const auto& id : stay) enroll(device(id));
    int round = 0;
    const auto seen = walk(storage(), 5, [&] {
        enroll(device("A" + std::to_string(round)));
        enroll(device("MM" + std::to_string(round)));
        enroll(device("Z" + std::to_string(round)));
        storage().store_authenticate(authenticate(device("MB")), "");
        storage().store_check_out(check_out(device("MY")));
        ++round;
    });
    for (const auto& id : stay) EXPECT_EQ(std::ranges::count(seen, id), 1) << id;
    EXPECT_GT(round, 4);
}

TEST_P(FleetContract, APageMayBeginBehindADeviceThatIsNotThere) {
    for (const auto* id : {"B", "D"}) enroll(device(id));
    EXPECT_THAT(ids_of(storage().devices_after(EnrollmentId{"A"}, 10)), ElementsAre("B", "D"));
    EXPECT_THAT(ids_of(storage().devices_after(EnrollmentId{"C"}, 10)), ElementsAre("D"));
    EXPECT_THAT(ids_of(storage().devices_after(EnrollmentId{"E"}, 10)), IsEmpty());
}

TEST_P(FleetContract, DevicesAreShownAsTheyStand) {
    const auto enrolled = device("1-enrolled");
    enroll(enrolled);
    storage().store_token_update(token_update(enrolled));
    storage().store_authenticate(authenticate(device("2-begun")), "");
    enroll(device("3-gone"));
    storage().store_check_out(check_out(device("3-gone")));
    const Enrollment byod{
        .id = EnrollmentId{"4-byod"}, .type = EnrollmentType::user_enrollment_device, .parent = std::nullopt};
    enroll(byod);
    storage().store_bootstrap_token(set_bootstrap_token(enrolled, "token"));

    const auto page = storage().devices_after(std::nullopt, 10);
    ASSERT_THAT(ids_of(page), ElementsAre("1-enrolled", "2-begun", "3-gone", "4-byod"));
    EXPECT_TRUE(page[0].enabled);
    EXPECT_EQ(page[0].token_update_tally, 2);
    EXPECT_EQ(page[0].serial_number, "SERIAL1");
    EXPECT_FALSE(page[1].enabled);
    EXPECT_FALSE(page[1].push);
    EXPECT_FALSE(page[2].enabled);
    EXPECT_TRUE(page[2].push);
    EXPECT_EQ(page[3].enrollment, byod);
    for (const auto& state : page) expect_same(state, storage().enrollment(state.enrollment.id).value());
}

TEST_P(FleetContract, UsersAreTheirDevicesAlone) {
    const auto first = device("A");
    const auto second = device("A-1");
    for (const auto& one : {first, second}) enroll(one);
    for (const auto* name : {"ada", "bob "}) add_user(user_of(first, name));
    add_user(user_of(second, "ada"));
    const auto announced = user_of(first, "eve");
    storage().store_user_authenticate(user_authenticate(announced, "<user authenticate>", ""));
    const auto gone = user_of(first, "joe");
    add_user(gone);
    storage().store_check_out(check_out(gone));

    EXPECT_THAT(walk(storage(), 10), ElementsAre("A", "A-1"));
    const auto users = storage().user_channels(first.id);
    ASSERT_THAT(ids_of(users), ElementsAre("A:ada", "A:bob ", "A:eve", "A:joe"));
    EXPECT_TRUE(users[0].enabled);
    EXPECT_FALSE(users[2].enabled);
    EXPECT_FALSE(users[2].push);
    EXPECT_FALSE(users[3].enabled);
    for (const auto& state : users) {
        EXPECT_EQ(state.enrollment.parent, first.id);
        expect_same(state, storage().enrollment(state.enrollment.id).value());
    }
    EXPECT_THAT(ids_of(storage().user_channels(second.id)), ElementsAre("A-1:ada"));
    EXPECT_THAT(storage().user_channels(EnrollmentId{"A:ada"}), IsEmpty());
}

TEST_P(ReopenContract, TheFleetHasTheSameOrderAgain) {
    for (auto id = hostile.rbegin(); id != hostile.rend(); ++id) enroll(device(*id));
    add_user(user_of(device("A"), "ada"));
    const auto before = walk(storage(), 3);
    ASSERT_TRUE(reopen());
    EXPECT_EQ(walk(storage(), 3), before);
    EXPECT_THAT(ids_of(storage().user_channels(EnrollmentId{"A"})), ElementsAre("A:ada"));
}

} // namespace
} // namespace nanomdm::contract
