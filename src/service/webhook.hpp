// The webhook's place in the chain: what core has handled, it is told of.
#pragma once

#include "nanomdm/service/service.hpp"
#include "nanomdm/storage/outbox_store.hpp"

namespace nanomdm::service {

/// Takes events on their way out. Both are called on workers and cost them nothing.
class EventPublisher {
public:
    virtual ~EventPublisher() = default;
    /// The storage has recorded an event.
    virtual void recorded() noexcept = 0;
    /// An event that may be lost.
    virtual void publish(Event event) noexcept = 0;
};

struct WebhookOptions {
    bool idle = true;         ///< `-webhook-idle`: tell of Idle connects, too
    bool durable_all = false; ///< `-webhook-durable=all`: record what would be published
};

/// Events of messages with an effect are recorded by the storage with that effect; here the sender is told,
/// and what has no effect is recorded or published. Nothing is told of a message that failed, with two
/// exceptions: DeclarativeManagement and GetToken, whose failures are their upstream's.
/// Messages without a stamp pass untold.
class Webhook final : public Forwarding {
public:
    Webhook(Service& next, OutboxStore& outbox, EventPublisher& publisher, WebhookOptions options) noexcept
        : Forwarding{next}, outbox_{outbox}, publisher_{publisher}, options_{options} {}

    void authenticate(const Request& request, const Authenticate& message) override;
    int token_update(const Request& request, const TokenUpdate& message) override;
    void check_out(const Request& request, const CheckOut& message) override;
    /// @throws Error when a declined one could not be recorded.
    UserAuthenticateAnswer user_authenticate(const Request& request,
                                             const UserAuthenticate& message) override;
    void set_bootstrap_token(const Request& request, const SetBootstrapToken& message) override;
    std::optional<std::string> bootstrap_token(const Request& request,
                                               const GetBootstrapToken& message) override;
    std::string declarative_management(const Request& request, const DeclarativeManagement& message) override;
    std::string token(const Request& request, const GetToken& message) override;
    std::optional<Command> command_report(const Request& request, const CommandReport& report) override;

private:
    void was_recorded(const Message& message) noexcept;
    void record(Event event);
    template <class Read> void tell(const Read& message);
    template <class Read, class Ask> std::string told_anyway(const Read& message, Ask ask);

    OutboxStore& outbox_;
    EventPublisher& publisher_;
    const WebhookOptions options_;
};

} // namespace nanomdm::service
