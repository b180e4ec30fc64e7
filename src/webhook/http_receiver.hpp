// The receiver at `-webhook-url`.
#pragma once

#include "http/client/http_client.hpp"
#include "webhook/receiver.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace nanomdm::webhook {

/// One POST per event. Any 2xx is success; 4xx but 408 and 429 is a refusal.
class HttpReceiver final : public Receiver {
public:
    /// @param hmac_key of X-Hmac-Signature; empty: none is sent
    HttpReceiver(std::string url, std::string hmac_key, http::ClientOptions options)
        : url_{std::move(url)}, hmac_key_{std::make_shared<const std::string>(std::move(hmac_key))},
          client_{std::move(options)} {}

    Verdict deliver(const Event& event) override;
    void stop() noexcept override { client_.stop(); }
    /// From the next event on. Any thread.
    void replace_key(std::string hmac_key);

private:
    const std::string url_;
    [[nodiscard]] std::shared_ptr<const std::string> hmac_key() const;

    mutable std::mutex mutex_;
    std::shared_ptr<const std::string> hmac_key_;
    http::HttpClient client_;
};

} // namespace nanomdm::webhook
