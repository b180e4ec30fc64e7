// Push targets and push certificates.
#include "contract/storage_contract.hpp"

namespace nanomdm::contract {
namespace {

using std::string;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");
const Enrollment other_mac = device("C3D4");
const Topic topic{"com.apple.mgmt.External.one"};
const Topic other_topic{"com.apple.mgmt.External.two"};

TEST_P(PushContract, OneTargetPerIdInOrder) {
    const auto authenticated = device("authenticated");
    const auto checked_out = device("checked-out");
    for (const auto& one : {mac, other_mac, checked_out}) enroll(one);
    add_user(anna);
    storage().store_authenticate(authenticate(authenticated), "pem");
    storage().store_check_out(check_out(checked_out));

    const auto targets = storage().push_targets(
        ids({device("unknown"), anna, authenticated, mac, checked_out, other_mac, mac}));
    ASSERT_EQ(targets.size(), 7U);
    for (const std::size_t none : {0U, 2U, 4U}) EXPECT_FALSE(targets[none]) << none;
    for (const std::size_t some : {1U, 3U, 5U, 6U}) ASSERT_TRUE(targets[some]) << some;
    EXPECT_EQ(targets[1]->info, token_update(anna).push);
    EXPECT_EQ(targets[3]->info, token_update(mac).push);
    EXPECT_EQ(targets[5]->info, token_update(other_mac).push);
    EXPECT_EQ(targets[6]->info, token_update(mac).push);
    EXPECT_TRUE(targets[1]->pushable && targets[3]->pushable && targets[5]->pushable);
    EXPECT_THAT(storage().push_targets({}), IsEmpty());
}

TEST_P(PushContract, ATargetHasTheLastTokenAndItsTime) {
    enroll(mac);
    auto newer = token_update(mac);
    newer.push.token = PushToken{binary_bytes(32)};
    const auto before = std::chrono::system_clock::now();
    storage().store_token_update(newer);
    const auto target = storage().push_targets(std::vector{mac.id}).at(0);
    ASSERT_TRUE(target);
    EXPECT_EQ(target->info, newer.push);
    EXPECT_GE(target->token_updated_at, before - std::chrono::seconds{2}); // whole seconds are enough
    EXPECT_LE(target->token_updated_at, std::chrono::system_clock::now() + std::chrono::seconds{2});
}

TEST_P(PushContract, NoTargetBetweenAuthenticateAndTokenUpdate) {
    enroll(mac);
    add_user(anna);
    storage().store_authenticate(authenticate(mac), "pem");
    EXPECT_THAT(storage().push_targets(ids({mac, anna})), testing::Each(testing::Eq(std::nullopt)));
}

TEST_P(PushContract, NotPushableUntilTheNextTokenUpdate) {
    for (const auto& one : {mac, other_mac}) enroll(one);
    storage().mark_not_pushable(std::vector<DeadToken>{{mac.id, token_update(mac).push.token}});
    auto targets = storage().push_targets(ids({mac, other_mac}));
    ASSERT_TRUE(targets[0] && targets[1]);
    EXPECT_FALSE(targets[0]->pushable);
    EXPECT_TRUE(targets[1]->pushable);

    storage().store_token_update(token_update(mac));
    EXPECT_TRUE(storage().push_targets(std::vector{mac.id}).at(0)->pushable) << "even with the same token";
}

TEST_P(PushContract, AnOlderTokensRefusalDoesNotMark) {
    enroll(mac);
    storage().mark_not_pushable(std::vector<DeadToken>{{mac.id, PushToken{"an older token"}}});
    EXPECT_TRUE(storage().push_targets(std::vector{mac.id}).at(0)->pushable);
}

TEST_P(PushContract, ReenrollmentIsPushableAgain) {
    enroll(mac);
    add_user(anna);
    storage().mark_not_pushable(std::vector<DeadToken>{{mac.id, token_update(mac).push.token},
                                                       {anna.id, token_update(anna).push.token}});
    enroll(mac);
    add_user(anna);
    for (const auto& target : storage().push_targets(ids({mac, anna}))) {
        ASSERT_TRUE(target);
        EXPECT_TRUE(target->pushable);
    }
}

TEST_P(PushContract, MarkingTheUnknownIsIgnored) {
    EXPECT_NO_THROW(storage().mark_not_pushable(std::vector<DeadToken>{{mac.id, PushToken{"token"}}}));
    EXPECT_NO_THROW(storage().mark_not_pushable({}));
    EXPECT_FALSE(storage().enrollment(mac.id));
}

TEST_P(PushContract, ManyAreMarkedInOneCallEachByItsOwnToken) {
    std::vector<DeadToken> dead;
    std::vector<EnrollmentId> all;
    for (int i = 0; i < 600; ++i) {
        const auto one = device("mac-" + std::to_string(i));
        enroll(one);
        all.push_back(one.id);
        const bool has_new_token = i % 3 == 0;
        dead.push_back({one.id, has_new_token ? PushToken{"an older token"} : token_update(one).push.token});
        dead.push_back({device("unknown-" + std::to_string(i)).id, PushToken{"token"}});
    }
    storage().mark_not_pushable(dead);
    storage().mark_not_pushable(dead); // again
    const auto targets = storage().push_targets(all);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        ASSERT_TRUE(targets[i]);
        EXPECT_EQ(targets[i]->pushable, i % 3 == 0) << i;
    }
}

TEST_P(PushContract, ManyTargetsInOneCall) {
    enroll(mac);
    std::vector<EnrollmentId> all(10'000, EnrollmentId{"unknown"});
    all.push_back(mac.id);
    const auto targets = storage().push_targets(all);
    ASSERT_EQ(targets.size(), all.size());
    EXPECT_TRUE(targets.back());
    EXPECT_FALSE(targets.front());
}

TEST_P(PushContract, NoCertificateForAnUnknownTopic) {
    EXPECT_FALSE(storage().push_certificate(topic));
    EXPECT_FALSE(storage().push_certificate_version(topic));
    EXPECT_THAT(storage().push_topics(), IsEmpty());
}

TEST_P(PushContract, CertificatesAreKeptByTopic) {
    storage().store_push_certificate({topic, "certificate", "key"});
    storage().store_push_certificate({other_topic, repeated("x", 100'000), "other key"});
    const auto stored = storage().push_certificate(topic);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->topic, topic);
    EXPECT_EQ(stored->certificate_pem, "certificate");
    EXPECT_EQ(stored->private_key_pem, "key");
    EXPECT_TRUE(storage().push_certificate(other_topic)->certificate_pem == repeated("x", 100'000));
    EXPECT_THAT(storage().push_topics(), UnorderedElementsAre(topic, other_topic));
}

TEST_P(PushContract, EveryStoreReplacesAndChangesTheVersion) {
    storage().store_push_certificate({topic, "certificate", "key"});
    storage().store_push_certificate({other_topic, "other", "other key"});
    const auto first = storage().push_certificate_version(topic);
    const auto other = storage().push_certificate_version(other_topic);
    ASSERT_TRUE(first && other);
    EXPECT_EQ(storage().push_certificate_version(topic), first) << "reading changes nothing";

    storage().store_push_certificate({topic, "renewed", "renewed key"});
    const auto second = storage().push_certificate_version(topic);
    EXPECT_NE(second, first);
    EXPECT_EQ(storage().push_certificate(topic)->certificate_pem, "renewed");
    EXPECT_EQ(storage().push_certificate(topic)->private_key_pem, "renewed key");
    EXPECT_EQ(storage().push_topics().size(), 2U);

    storage().store_push_certificate({topic, "renewed", "renewed key"});
    const auto third = storage().push_certificate_version(topic);
    EXPECT_NE(third, second) << "the same certificate again is a store too";
    EXPECT_NE(third, first);
    EXPECT_EQ(storage().push_certificate_version(other_topic), other);
}

} // namespace
} // namespace nanomdm::contract
