#include "app/certificate_expiry.hpp"

#include "crypto/push_certificate.hpp"
#include "log/log.hpp"

#include <chrono>
#include <map>
#include <mutex>

namespace nanomdm::app {
namespace {

using Expiries = std::map<Topic, TimePoint>;

Expiries read(PushCertStore& store) {
    Expiries expiries;
    for (const auto& topic : store.push_topics()) {
        if (const auto certificate = store.push_certificate(topic))
            expiries.emplace(topic, certificate_not_after(certificate->certificate_pem));
    }
    return expiries;
}

} // namespace

struct CertificateExpiry::Known {
    std::mutex mutex;
    Expiries expiries;
    bool asking = false;
};

CertificateExpiry::CertificateExpiry(PushCertStore& store, http::WorkerPool& pool)
    : store_{store}, pool_{pool}, known_{std::make_shared<Known>()} {
    ask();
}

CertificateExpiry::~CertificateExpiry() = default;

void CertificateExpiry::ask() {
    {
        const std::lock_guard lock{known_->mutex};
        if (std::exchange(known_->asking, true)) return;
    }
    const auto job = [known = known_, &store = store_] {
        std::optional<Expiries> expiries;
        try {
            expiries = read(store);
        } catch (const std::exception& error) {
            log::debug("the expiry of push certificates is not known", {{"error", error.what()}});
        }
        const std::lock_guard lock{known->mutex};
        if (expiries) known->expiries = std::move(*expiries);
        known->asking = false;
    };
    if (pool_.try_post(job)) return;
    const std::lock_guard lock{known_->mutex};
    known_->asking = false;
}

void CertificateExpiry::collect(metrics::Exposition& exposition) {
    {
        const std::lock_guard lock{known_->mutex};
        for (const auto& [topic, not_after] : known_->expiries) {
            const std::chrono::duration<double> since_1970 = not_after.time_since_epoch();
            exposition.gauge("nanomdm_push_certificate_expiry_timestamp_seconds",
                             "End of the push certificate's validity, Unix time in seconds.",
                             since_1970.count(), {{"topic", topic.str()}});
        }
    }
    ask();
}

} // namespace nanomdm::app
