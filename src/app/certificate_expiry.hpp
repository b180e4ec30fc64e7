// When the push certificates expire, for /metrics.
#pragma once

#include "http/worker_pool.hpp"
#include "metrics/exposition.hpp"
#include "nanomdm/storage/push_store.hpp"

#include <memory>

namespace nanomdm::app {

/// A scrape tells what was known, and has the storage asked for the next one: no scrape waits for the
/// storage, and never more than one question is under way.
class CertificateExpiry {
public:
    /// Asks at once. Keeps the references; the pool must be stopped before the store goes.
    CertificateExpiry(PushCertStore& store, http::WorkerPool& pool);
    ~CertificateExpiry();

    void collect(metrics::Exposition& exposition);

private:
    struct Known;
    void ask();

    PushCertStore& store_;
    http::WorkerPool& pool_;
    std::shared_ptr<Known> known_;
};

} // namespace nanomdm::app
