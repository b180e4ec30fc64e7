// What the webhook is told of, durably or not, and what it is not.
#include "service/webhook.hpp"

#include "contract/samples.hpp"
#include "every_message.hpp"
#include "recording_service.hpp"
#include "service/core.hpp"
#include "storage/inmem/inmem_storage.hpp"

#include <gmock/gmock.h>

namespace nanomdm::service {
namespace {

using namespace contract;
using testing::ElementsAre;
using testing::IsEmpty;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");

class Publisher final : public EventPublisher {
public:
    void recorded() noexcept override { ++wakes; }
    void publish(Event event) noexcept override { published.push_back(event.topic); }
    int wakes = 0;
    std::vector<std::string> published;
};

/// Hands messages on with a stamp, as the endpoint does.
class Stamping final : public Service {
public:
    explicit Stamping(Service& next) : next_{next} {}
    void authenticate(const Request& r, const Authenticate& m) override { next_.authenticate(r, stamped(m)); }
    int token_update(const Request& r, const TokenUpdate& m) override {
        return next_.token_update(r, stamped(m));
    }
    void check_out(const Request& r, const CheckOut& m) override { next_.check_out(r, stamped(m)); }
    UserAuthenticateAnswer user_authenticate(const Request& r, const UserAuthenticate& m) override {
        return next_.user_authenticate(r, stamped(m));
    }
    void set_bootstrap_token(const Request& r, const SetBootstrapToken& m) override {
        next_.set_bootstrap_token(r, stamped(m));
    }
    std::optional<std::string> bootstrap_token(const Request& r, const GetBootstrapToken& m) override {
        return next_.bootstrap_token(r, stamped(m));
    }
    std::string declarative_management(const Request& r, const DeclarativeManagement& m) override {
        return next_.declarative_management(r, stamped(m));
    }
    std::string token(const Request& r, const GetToken& m) override { return next_.token(r, stamped(m)); }
    std::optional<Command> command_report(const Request& r, const CommandReport& m) override {
        return next_.command_report(r, stamped(m));
    }

private:
    template <class AnyMessage> AnyMessage stamped(AnyMessage message) {
        message.event = EventStamp{.id = std::to_string(++count_), .created_at = {}};
        return message;
    }
    Service& next_;
    int count_ = 0;
};

/// Over a real core and storage: what is recorded there and what is published here make the whole.
class WebhookTest : public testing::Test {
protected:
    void use(WebhookOptions options, CoreOptions core_options = {}) {
        core.emplace(storage, storage, storage, core_options);
        webhook.emplace(*core, storage, publisher, options);
        stamping.emplace(*webhook);
    }
    Service& chain() { return *stamping; }

    std::vector<std::string> recorded() {
        std::vector<std::string> topics;
        for (const auto& lane : storage.lease_events({.lanes = 100, .events_each = 100}))
            for (const auto& one : lane.events) topics.push_back(one.event.topic);
        return topics;
    }

    storage::InMemStorage storage;
    Publisher publisher;
    std::optional<Core> core;
    std::optional<Webhook> webhook;
    std::optional<Stamping> stamping;
    Request request;
};

TEST_F(WebhookTest, EffectsAreRecordedAndTheSenderIsWoken) {
    use({});
    chain().authenticate(request, authenticate(mac));
    EXPECT_EQ(chain().token_update(request, token_update(mac)), 1);
    chain().set_bootstrap_token(request, set_bootstrap_token(mac, "token"));
    chain().command_report(request, command_report(mac, "Acknowledged", "unknown", "<report>"));
    chain().check_out(request, check_out(mac));
    EXPECT_THAT(recorded(), ElementsAre("mdm.Authenticate", "mdm.TokenUpdate", "mdm.SetBootstrapToken",
                                        "mdm.Connect", "mdm.CheckOut"));
    EXPECT_EQ(publisher.wakes, 5);
    EXPECT_THAT(publisher.published, IsEmpty());
}

TEST_F(WebhookTest, ADeclinedUserAuthenticateIsRecorded) {
    use({});
    storage.store_authenticate(authenticate(mac), "pem");
    EXPECT_EQ(chain().user_authenticate(request, user_authenticate(anna, "<first>", "")),
              UserAuthenticateAnswer::declined);
    EXPECT_THAT(recorded(), ElementsAre("mdm.UserAuthenticate"));
    EXPECT_EQ(publisher.wakes, 1);
}

TEST_F(WebhookTest, AnAcceptedUserAuthenticateIsRecordedOnce) {
    use({}, {.user_authenticate_zero_length_digest_challenge = true});
    storage.store_authenticate(authenticate(mac), "pem");
    EXPECT_EQ(chain().user_authenticate(request, user_authenticate(anna, "<first>", "")),
              UserAuthenticateAnswer::challenge);
    EXPECT_THAT(recorded(), ElementsAre("mdm.UserAuthenticate"));
    EXPECT_EQ(publisher.wakes, 1);
}

void read_everything(Service& chain, const Request& request) {
    const Message common = check_out(mac);
    chain.bootstrap_token(request, GetBootstrapToken{common});
    chain.command_report(request, command_report(mac, "Idle", "-", "<idle>"));
    EXPECT_THROW(chain.declarative_management(request, DeclarativeManagement{common, "tokens", ""}), Error);
    EXPECT_THROW(chain.token(request, GetToken{common, "com.apple.maid"}), Error);
}

TEST_F(WebhookTest, WhatOnlyReadsIsPublishedAlsoWhenItsUpstreamFailed) {
    use({});
    read_everything(chain(), request);
    EXPECT_THAT(publisher.published, ElementsAre("mdm.GetBootstrapToken", "mdm.Connect",
                                                 "mdm.DeclarativeManagement", "mdm.GetToken"));
    EXPECT_THAT(recorded(), IsEmpty());
}

TEST_F(WebhookTest, DurableAllRecordsTheseToo) {
    use({.durable_all = true});
    read_everything(chain(), request);
    EXPECT_THAT(publisher.published, IsEmpty());
    EXPECT_THAT(recorded(), ElementsAre("mdm.GetBootstrapToken", "mdm.Connect", "mdm.DeclarativeManagement",
                                        "mdm.GetToken"));
    EXPECT_EQ(publisher.wakes, 4);
}

TEST_F(WebhookTest, IdleConnectsCanBeLeftOut) {
    for (const bool durable : {false, true}) {
        use({.idle = false, .durable_all = durable});
        chain().command_report(request, command_report(mac, "Idle", "-", "<idle>"));
        EXPECT_THAT(publisher.published, IsEmpty());
        EXPECT_THAT(recorded(), IsEmpty());
    }
}

TEST_F(WebhookTest, OfAFailedMessageNothingIsTold) {
    use({});
    EXPECT_THROW(chain().token_update(request, token_update(mac)), Error) << "never authenticated";
    RecordingService failing;
    failing.failure = Error{Errc::unavailable, "no database"};
    Webhook over_failing{failing, storage, publisher, {}};
    Stamping stamping_failing{over_failing};
    for (const auto& message : every_message()) {
        if (message.name == "DeclarativeManagement" || message.name == "GetToken") continue;
        EXPECT_THROW(message.send(stamping_failing, request, mac), Error) << message.name;
    }
    EXPECT_EQ(publisher.wakes, 0);
    EXPECT_THAT(publisher.published, IsEmpty());
    EXPECT_THAT(recorded(), IsEmpty());
}

TEST_F(WebhookTest, MessagesWithoutAStampPassUntold) {
    use({.durable_all = true});
    storage.store_authenticate(authenticate(mac), "pem");
    RecordingService quiet;
    quiet.user_authenticate_answer = UserAuthenticateAnswer::declined;
    Webhook over_quiet{quiet, storage, publisher, {.durable_all = true}};
    for (const auto& message : every_message()) message.send(over_quiet, request, mac);
    EXPECT_EQ(quiet.calls.size(), every_message().size());
    EXPECT_EQ(publisher.wakes, 0);
    EXPECT_THAT(publisher.published, IsEmpty());
    EXPECT_THAT(recorded(), IsEmpty());
}

} // namespace
} // namespace nanomdm::service
