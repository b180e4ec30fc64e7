// Which enrollments get a notification, and what their administrator reads afterwards.
#include "push/push_service.hpp"

#include "log/log.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>
#include <sstream>

namespace nanomdm::push {
namespace {

using namespace std::chrono_literals;

class Store final : public PushStore {
public:
    std::vector<std::optional<PushTarget>> push_targets(std::span<const EnrollmentId> ids) override {
        if (away) throw Error{Errc::unavailable, "away"};
        ++lookups;
        std::vector<std::optional<PushTarget>> result;
        for (const auto& id : ids) {
            const auto found = targets.find(id);
            result.push_back(found == targets.end() ? std::nullopt : std::optional{found->second});
        }
        return result;
    }
    void mark_not_pushable(std::span<const DeadToken> tokens) override {
        if (marking_fails) throw Error{Errc::unavailable, "away"};
        ++markings;
        marked.insert(marked.end(), tokens.begin(), tokens.end());
    }
    void add(const std::string& id, const std::string& topic = "topic", bool pushable = true) {
        targets.insert_or_assign(EnrollmentId{id},
                                 PushTarget{{Topic{topic}, PushMagic{"magic"}, PushToken{"token of " + id}},
                                            token_updated,
                                            pushable});
    }

    static constexpr TimePoint token_updated{1'700'000'000s};
    std::map<EnrollmentId, PushTarget> targets;
    std::vector<DeadToken> marked;
    int markings = 0; ///< calls
    int lookups = 0;
    bool away = false;
    bool marking_fails = false;
};

/// Answers by token; the default is success with the token as apns-id.
class Provider final : public PushProvider {
public:
    std::vector<ProviderResponse> push(const Topic& topic, std::span<const PushInfo> infos,
                                       std::chrono::steady_clock::time_point deadline) override {
        const std::lock_guard lock{mutex};
        ++calls[topic.str()];
        last_deadline = deadline;
        if (throws) throw Error{Errc::internal, "secret"};
        std::vector<ProviderResponse> responses;
        for (const auto& info : infos) {
            EXPECT_EQ(info.topic, topic);
            ++sent[info.token.bytes()];
            const auto found = answers.find(info.token.bytes());
            responses.push_back(found != answers.end()
                                    ? found->second
                                    : ProviderResponse{200, "id for " + info.token.bytes(), "", {}, ""});
        }
        return responses;
    }
    std::mutex mutex;
    std::map<std::string, int> calls; ///< by topic
    std::map<std::string, int> sent;  ///< by token
    std::map<std::string, ProviderResponse> answers;
    std::chrono::steady_clock::time_point last_deadline;
    bool throws = false;
};

class PushServiceTest : public testing::Test {
protected:
    std::vector<PushResult> push(const std::vector<std::string>& names) {
        std::vector<EnrollmentId> ids;
        for (const auto& name : names) ids.emplace_back(name);
        return service.push(ids);
    }
    Store store;
    Provider provider;
    PushService service{store, provider, {.deadline = 7s}};
};

TEST_F(PushServiceTest, ResultsComeInTheOrderOfTheIds) {
    for (const char* id : {"a", "b", "c"}) store.add(id);
    provider.answers["token of b"] = {400, "x", "BadDeviceToken", {}, ""};
    const auto results = push({"c", "b", "a"});
    ASSERT_EQ(results.size(), 3U);
    EXPECT_EQ(results[0].apns_id, "id for token of c");
    EXPECT_EQ(results[1].error, "push HTTP status: 400: APNs push error: BadDeviceToken");
    EXPECT_EQ(results[1].apns_id, "");
    EXPECT_TRUE(results[2].ok());
}

TEST_F(PushServiceTest, AnIdNamedTwiceGetsOnePushAndOneResult) {
    store.add("a");
    const auto results = push({"a", "a", "a"});
    ASSERT_EQ(results.size(), 3U);
    for (const auto& result : results) EXPECT_EQ(result.apns_id, "id for token of a");
    EXPECT_EQ(provider.sent["token of a"], 1);
}

TEST_F(PushServiceTest, UnknownIdsAreSaidSoAndTheOthersArePushed) {
    store.add("a");
    const auto results = push({"nobody", "a"});
    EXPECT_EQ(results[0].error, "push data missing for id");
    EXPECT_TRUE(results[1].ok());
}

TEST_F(PushServiceTest, NotPushableIdsGetNoRequest) {
    store.add("a", "topic", false);
    EXPECT_EQ(push({"a"})[0].error, "not pushable: APNs said the device token is unregistered; "
                                    "the enrollment must send a TokenUpdate first");
    EXPECT_TRUE(provider.calls.empty());
}

TEST_F(PushServiceTest, OneLookUpAndOneProviderCallPerTopic) {
    for (int i = 0; i < 100; ++i) store.add("id" + std::to_string(i), i % 2 == 0 ? "even" : "odd");
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) names.push_back("id" + std::to_string(i));
    for (const auto& result : push(names)) EXPECT_TRUE(result.ok());
    EXPECT_EQ(store.lookups, 1);
    EXPECT_EQ(provider.calls, (std::map<std::string, int>{{"even", 1}, {"odd", 1}}));
}

TEST_F(PushServiceTest, AnyNumberOfTopicsIsServed) {
    std::vector<std::string> names;
    for (int i = 0; i < 50; ++i) {
        names.push_back("id" + std::to_string(i));
        store.add(names.back(), "topic" + std::to_string(i));
    }
    for (const auto& result : push(names)) EXPECT_TRUE(result.ok());
    EXPECT_EQ(provider.calls.size(), 50U);
}

TEST_F(PushServiceTest, UnregisteredAfterTheTokenUpdateMarksTheEnrollment) {
    store.add("a");
    provider.answers["token of a"] = {410, "", "Unregistered", Store::token_updated + 1ms, ""};
    EXPECT_EQ(push({"a"})[0].error,
              "push HTTP status: 410: APNs push error: Unregistered: timestamp 1700000000001");
    ASSERT_EQ(store.marked.size(), 1U);
    EXPECT_EQ(store.marked[0].id.str(), "a");
    EXPECT_EQ(store.marked[0].token.bytes(), "token of a");
}

TEST_F(PushServiceTest, AllUnregisteredOfACallAreMarkedTogether) {
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) {
        names.push_back("id" + std::to_string(i));
        store.add(names.back(), i % 2 == 0 ? "even" : "odd");
        provider.answers["token of " + names.back()] = {410, "", "Unregistered", Store::token_updated + 1h,
                                                        ""};
    }
    push(names);
    EXPECT_EQ(store.markings, 1);
    std::set<std::string> marked;
    for (const auto& [id, token] : store.marked) {
        marked.insert(id.str());
        EXPECT_EQ(token.bytes(), "token of " + id.str());
    }
    EXPECT_EQ(marked, (std::set<std::string>{names.begin(), names.end()}));
}

TEST_F(PushServiceTest, LinesOfEveryTopicCarryTheCallersTrace) {
    provider.throws = true; // which is logged
    for (int i = 0; i < 5; ++i) store.add("id" + std::to_string(i), "topic" + std::to_string(i));
    log::flush(); // what other tests have logged
    testing::internal::CaptureStderr();
    {
        const log::TraceScope scope{"0123456789abcdef"};
        push({"id0", "id1", "id2", "id3", "id4"});
    }
    log::flush();
    std::istringstream lines{testing::internal::GetCapturedStderr()};
    int failures = 0;
    for (std::string line; std::getline(lines, line); ++failures)
        EXPECT_NE(line.find("trace_id=0123456789abcdef"), std::string::npos) << line;
    EXPECT_EQ(failures, 5);
}

TEST_F(PushServiceTest, UnregisteredBeforeTheTokenUpdateOrWithoutTimeMarksNothing) {
    for (const char* id : {"before", "same", "timeless"}) store.add(id);
    provider.answers["token of before"] = {410, "", "Unregistered", Store::token_updated - 1ms, ""};
    provider.answers["token of same"] = {410, "", "Unregistered", Store::token_updated, ""};
    provider.answers["token of timeless"] = {410, "", "Unregistered", {}, ""};
    for (const auto& result : push({"before", "same", "timeless"})) EXPECT_FALSE(result.ok());
    EXPECT_EQ(store.markings, 0);
}

TEST_F(PushServiceTest, BadDeviceTokenMarksNothing) {
    store.add("a");
    provider.answers["token of a"] = {400, "", "BadDeviceToken", Store::token_updated + 1h, ""};
    push({"a"});
    EXPECT_EQ(store.markings, 0);
}

TEST_F(PushServiceTest, AFailureToMarkDoesNotChangeTheResult) {
    store.add("a");
    store.marking_fails = true;
    provider.answers["token of a"] = {410, "", "Unregistered", Store::token_updated + 1h, ""};
    EXPECT_TRUE(push({"a"})[0].error.starts_with("push HTTP status: 410"));
}

TEST_F(PushServiceTest, NoAnswerIsToldInTheProvidersWords) {
    store.add("a");
    provider.answers["token of a"] = {0, "", "", {}, "no push certificate for topic topic"};
    EXPECT_EQ(push({"a"})[0].error, "no push certificate for topic topic");
}

TEST_F(PushServiceTest, AProviderThatThrowsFailsItsTopicWithoutDetails) {
    store.add("a");
    provider.throws = true;
    EXPECT_EQ(push({"a"})[0].error, "push failed");
}

TEST_F(PushServiceTest, AStorageThatIsAwayIsThrown) {
    store.away = true;
    EXPECT_THROW(push({"a"}), Error);
}

TEST_F(PushServiceTest, SuccessWithoutApnsIdIsSuccess) {
    store.add("a");
    provider.answers["token of a"] = {200, "", "", {}, ""};
    EXPECT_TRUE(push({"a"})[0].ok());
}

TEST_F(PushServiceTest, NoIdsAreNoResults) {
    EXPECT_TRUE(push({}).empty());
    EXPECT_TRUE(provider.calls.empty());
}

} // namespace
} // namespace nanomdm::push
