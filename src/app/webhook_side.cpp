#include "app/webhook_side.hpp"

#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "webhook/http_receiver.hpp"
#include "webhook/notices.hpp"
#include "webhook/sender.hpp"
#include "webhook/statistics.hpp"

#include <algorithm>

namespace nanomdm::app {
namespace {

std::string hmac_key(const WebhookOptions& options) {
    if (options.hmac_key_file.empty()) return options.hmac_key;
    return read_secret("webhook-hmac-key-file", options.hmac_key_file);
}

http::ClientOptions client_options() {
    http::ClientOptions client;
    client.max_body = 1 << 20; // nobody reads it
    return client;
}

webhook::SenderOptions sender_options(const WebhookOptions& options) {
    webhook::SenderOptions sender;
    sender.retry.max_age = options.max_age;
    sender.max_backlog = options.max_backlog;
    return sender;
}

} // namespace

struct WebhookSide::Parts final : service::EventPublisher {
    Parts(const WebhookOptions& options, OutboxStore& store)
        : outbox{store}, receiver{options.url, hmac_key(options), client_options()},
          notices{receiver, outage, statistics, {}}, sender{outbox, receiver, outage, statistics,
                                                            sender_options(options)} {}

    void recorded() noexcept override { sender.wake(); }
    void publish(Event event) noexcept override { notices.add(std::move(event)); }

    OutboxStore& outbox;
    webhook::Statistics statistics;
    Outage outage{"the webhook's receiver"};
    webhook::HttpReceiver receiver;
    webhook::Notices notices;
    webhook::Sender sender;
};

WebhookSide::WebhookSide(const WebhookOptions& options, OutboxStore& outbox)
    : options_{options}, parts_{std::make_unique<Parts>(options, outbox)} {
    log::info("webhook on", {{"receiver", http::origin_of(options.url)}});
}

/// Without the receiver's stop a delivery that hangs would hold up the end of a server that failed to start.
WebhookSide::~WebhookSide() { stop(std::chrono::steady_clock::now()); }

void WebhookSide::check(const WebhookOptions& options) {
    try {
        (void)http::origin_of(options.url);
    } catch (const Error& error) {
        throw UsageError{std::string{"-webhook-url: "} + error.what()};
    }
    (void)hmac_key(options);
}

std::unique_ptr<service::Webhook> WebhookSide::around(Service& core) {
    return std::make_unique<service::Webhook>(
        core, parts_->outbox, *parts_,
        service::WebhookOptions{.idle = options_.idle == "on", .durable_all = options_.durable == "all"});
}

void WebhookSide::reload() { parts_->receiver.replace_key(hmac_key(options_)); }

void WebhookSide::collect(metrics::Exposition& exposition) const {
    const auto& statistics = parts_->statistics;
    const auto counter = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
        exposition.counter(name, help, static_cast<double>(value.load()));
    };
    counter("nanomdm_webhook_delivered_total", "Stored events that the receiver has taken.",
            statistics.delivered);
    counter("nanomdm_webhook_failed_total", "Tries to deliver a stored event that failed.",
            statistics.failed);
    counter("nanomdm_webhook_dead_total", "Events that were given up and became dead letters.",
            statistics.dead);
    counter("nanomdm_webhook_shed_total", "Events removed because too many waited.", statistics.shed);
    counter("nanomdm_webhook_notices_delivered_total", "Events from memory that the receiver has taken.",
            statistics.notices_delivered);
    counter("nanomdm_webhook_notices_dropped_total", "Events from memory that were dropped.",
            statistics.notices_dropped);
    exposition.gauge("nanomdm_webhook_backlog_events", "Stored events that wait, of all processes together.",
                     static_cast<double>(statistics.backlog.load()));
    exposition.gauge("nanomdm_webhook_dead_letters", "Dead letters, of all processes together.",
                     static_cast<double>(statistics.dead_letters.load()));
    const auto oldest = statistics.oldest.load();
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    exposition.gauge("nanomdm_webhook_backlog_age_seconds", "How long the oldest stored event has waited.",
                     oldest == 0 ? 0 : static_cast<double>(std::max<std::int64_t>(now - oldest, 0)));
}

void WebhookSide::stop(std::chrono::steady_clock::time_point deadline) {
    const bool sent = parts_->sender.drain(deadline);
    const bool told = parts_->notices.drain(deadline);
    if (!sent || !told) log::warning("deliveries to the webhook were cut off at the end of the grace");
    parts_->receiver.stop();
    parts_->sender.stop();
    parts_->notices.stop();
}

} // namespace nanomdm::app
