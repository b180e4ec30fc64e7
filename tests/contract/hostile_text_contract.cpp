// Names chosen by an attacker, or by an operating system with other habits: each is just bytes.
#include "contract/storage_contract.hpp"

#include <set>

namespace nanomdm::contract {
namespace {

using std::string;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::Optional;

/// Pairs among them differ only in case, in Unicode form, in spaces or dots at an end, or after 254 bytes.
std::vector<string> hostile_names() {
    return {
        ".",
        "..",
        "...",
        "../x",
        "/",
        "/etc/passwd",
        "a/../b",
        "a",
        "b",
        "a/b",
        "a\\b",
        "a%2Fb",
        "a%b",
        "%",
        "_",
        "*",
        "?",
        "~",
        "-",
        "--",
        "'",
        "\"",
        "`",
        "''; DROP TABLE devices; --",
        "\\",
        "\\'",
        "$(reboot)",
        "&amp;<>",
        "a:b",
        ":",
        "::",
        ":a",
        "a:",
        " ",
        "a ",
        " a",
        "a  ",
        "a.",
        ".a",
        "a..",
        "abc",
        "ABC",
        "Abc",
        "é",         // U+00E9
        "e\u0301",   // the same to the eye
        "É",         //
        "e",         //
        "ß",         //
        "ss",        //
        "ı",         // dotless i
        "i",         //
        "İ",         //
        "𝄞",         //
        "𝄢",         //
        "\u200b",    // zero width
        "\u202egnp", // right to left
        "\uffff",    //
        "CON",       //
        "VERSION",   //
        "journal",   //
        ".lock",     //
        "null",      //
        repeated("x", 254),
        repeated("x", 254) + "y",
        repeated("x", 254) + "Y",
        repeated("x", 254) + " ",
        repeated("/", 255),
        repeated("..%/", 63),
        repeated("𝄞", 63),
        repeated("𝄞", 62) + "𝄢",
    };
}

TEST_P(HostileTextContract, EnrollmentIdsAreBytes) {
    const auto names = hostile_names();
    for (const auto& name : names) {
        auto message = authenticate(device(name), "<authenticate " + name + ">");
        storage().store_authenticate(message, "pem of " + name);
        storage().store_token_update(
            token_update(device(name), "<token update " + name + ">", "unlock " + name));
        storage().store_bootstrap_token(set_bootstrap_token(device(name), "bootstrap " + name));
    }
    for (const auto& name : names) {
        const EnrollmentId id{name};
        const auto state = storage().enrollment(id);
        ASSERT_TRUE(state) << name;
        EXPECT_EQ(state->enrollment.id.str(), name);
        EXPECT_EQ(state->token_update_tally, 1) << name;
        EXPECT_THAT(storage().identity_pem(id), Optional("pem of " + name));
        EXPECT_THAT(storage().bootstrap_token(id), Optional("bootstrap " + name));
        EXPECT_THAT(storage().messages(id).authenticate, Optional("<authenticate " + name + ">"));
        EXPECT_THAT(storage().messages(id).token_update, Optional("<token update " + name + ">"));
        EXPECT_THAT(storage().messages(id).unlock_token, Optional("unlock " + name));
    }
    storage().store_check_out(check_out(device("ABC")));
    for (const auto& name : names)
        EXPECT_EQ(storage().enrollment(EnrollmentId{name})->enabled, name != "ABC") << name;
}

TEST_P(HostileTextContract, UserChannelsBelongToExactlyTheirDevice) {
    const auto lower = device("abc");
    const auto upper = device("ABC");
    for (const auto& one : {lower, upper}) enroll(one);
    std::vector<Enrollment> users;
    for (const auto& device : {lower, upper}) {
        for (const auto* name : {"..", "x/y", "Kim", "kim", "kim ", "é", "𝄞"})
            users.push_back(user_of(device, name));
    }
    for (const auto& user : users) add_user(user);
    storage().store_check_out(check_out(upper));
    for (const auto& user : users) {
        EXPECT_EQ(storage().enrollment(user.id)->enabled, user.parent == lower.id) << user.id.str();
    }
}

TEST_P(HostileTextContract, QueuesAndAssociationsAreKeptApart) {
    const auto names = hostile_names();
    std::vector<EnrollmentId> all;
    for (const auto& name : names) {
        enroll(device(name));
        all.emplace_back(name);
        EXPECT_EQ(storage().claim_certificate(EnrollmentId{name},
                                              certificate_hash(static_cast<unsigned>(all.size())),
                                              ClaimRule::first_certificate),
                  ClaimOutcome::newly_associated)
            << name;
        EXPECT_EQ(enqueue(command("own " + std::to_string(all.size())), device(name)), EnqueueOutcome::queued)
            << name;
    }
    EXPECT_THAT(storage().enqueue(command("shared"), all), testing::Each(EnqueueOutcome::queued));
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto number = static_cast<unsigned>(i + 1);
        EXPECT_TRUE(storage().is_associated(all[i], certificate_hash(number))) << names[i];
        EXPECT_FALSE(storage().is_associated(all[i], certificate_hash(number + 1))) << names[i];
        EXPECT_THAT(drain(device(names[i])), ElementsAre("own " + std::to_string(number), "shared"))
            << names[i];
    }
}

TEST_P(HostileTextContract, CommandUuidsAreBytes) {
    auto names = hostile_names();
    std::erase_if(names, [](const string& name) { return name.size() > 127 && name.front() != '\xf0'; });
    names.insert(names.end(), {string{"\0", 1}, string{"a\0", 2}, string{"a\0b", 3}, "\x01", "\n", "\r\n",
                               "a\n", "a\tb", "\x7f", "\x1b[2J", repeated("𝄞", 127), repeated("𝄞", 126) + "𝄢",
                               repeated("x", 126) + "y", repeated("x", 126) + "Y"});
    const auto mac = device("A1B2");
    enroll(mac);
    for (const auto& name : names) {
        EXPECT_EQ(enqueue(command(name), mac), EnqueueOutcome::queued) << testing::PrintToString(name);
    }
    for (const auto& name : names) {
        const auto delivered = storage().next_command(mac.id, NotNow::candidates);
        ASSERT_TRUE(delivered);
        EXPECT_EQ(*delivered, command(name));
        EXPECT_TRUE(report(mac, command(name), "Acknowledged", "<" + name + ">"));
    }
    EXPECT_EQ(next(mac), "");
    for (const auto& name : names) {
        const auto result = storage().result(mac.id, CommandUuid{name});
        ASSERT_TRUE(result) << testing::PrintToString(name);
        EXPECT_EQ(result->raw, "<" + name + ">");
    }
}

TEST_P(HostileTextContract, OtherFieldsHoldTheLongestAndStrangest) {
    const auto mac = device("A1B2");
    const auto user = user_of(mac, "U");
    auto first = authenticate(mac);
    first.serial_number = SerialNumber{repeated("𝄞", 126) + string{"\0", 1}};
    storage().store_authenticate(first, "pem");
    auto update = token_update(user);
    update.push = {Topic{repeated("𝄞", 255)}, PushMagic{repeated("𝄞", 127)}, PushToken{binary_bytes(127)}};
    update.user_short_name = UserName{repeated("𝄞", 255)};
    update.user_long_name = UserName{"a\0b\n' \\"};
    storage().store_token_update(token_update(mac));
    storage().store_token_update(update);

    EXPECT_EQ(storage().enrollment(mac.id)->serial_number, first.serial_number.str());
    const auto state = storage().enrollment(user.id);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->push, update.push);
    EXPECT_EQ(state->user_short_name, update.user_short_name.str());
    EXPECT_EQ(state->user_long_name, update.user_long_name.str());
}

TEST_P(HostileTextContract, TopicsAreBytes) {
    const std::vector<string> names{
        "com.apple.mgmt.a", "com.apple.mgmt.A",      "com.apple.mgmt.a ", "..", "a/../b", "'",
        repeated("𝄞", 255), repeated("𝄞", 254) + "𝄢"};
    for (const auto& name : names)
        storage().store_push_certificate({Topic{name}, "certificate " + name, "key"});
    for (const auto& name : names) {
        const auto stored = storage().push_certificate(Topic{name});
        ASSERT_TRUE(stored) << name;
        EXPECT_EQ(stored->certificate_pem, "certificate " + name);
    }
    EXPECT_EQ(storage().push_topics().size(), names.size());
}

} // namespace
} // namespace nanomdm::contract
