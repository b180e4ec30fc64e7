// The webhook, composed: who sends, what waits in memory, and the receiver they share.
#pragma once

#include "app/options.hpp"
#include "metrics/exposition.hpp"
#include "nanomdm/storage/outbox_store.hpp"
#include "service/webhook.hpp"

#include <chrono>
#include <memory>

namespace nanomdm::app {

class WebhookSide {
public:
    /// Reads the files the flags name, so that a mistake is found before anything is opened.
    /// @throws UsageError when one cannot be read, or the URL cannot be used.
    static void check(const WebhookOptions& options);

    /// Starts delivering at once. @throws UsageError as check().
    WebhookSide(const WebhookOptions& options, OutboxStore& outbox);
    ~WebhookSide();

    /// The layer to put around `core`; it must not outlive this.
    [[nodiscard]] std::unique_ptr<service::Webhook> around(Service& core);
    /// Reads the key again; on failure the old one stays. @throws UsageError
    void reload();
    /// For /metrics. Any thread.
    void collect(metrics::Exposition& exposition) const;

    /// Finishes the deliveries under way and sends what is in memory, within the grace; the rest waits in the
    /// outbox. Call when no more requests come.
    void stop(std::chrono::steady_clock::time_point deadline);

private:
    struct Parts;
    WebhookOptions options_;
    std::unique_ptr<Parts> parts_;
};

} // namespace nanomdm::app
