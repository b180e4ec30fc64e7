// Everything administrators reach: the REST API, and the push service behind it, composed.
#pragma once

#include "app/options.hpp"
#include "http/router.hpp"
#include "metrics/exposition.hpp"
#include "nanomdm/storage/storage.hpp"
#include "service/core.hpp"

#include <memory>

namespace nanomdm::app {

/// Owns authentication, the API, the APNs client, and core for what /migration brings.
class AdminSide {
public:
    /// Reads the files the flags name, so that a mistake is found before anything is opened.
    /// @throws UsageError when one cannot be read, or a URL or the APNs proxy cannot be used.
    static void check(const ApiOptions& api, const PushOptions& push);

    /// @throws UsageError as check().
    AdminSide(const ApiOptions& api, const PushOptions& push, service::CoreOptions core, AllStorage& storage);
    ~AdminSide();

    void add_routes(http::Router& router);
    /// Who may call the API.
    [[nodiscard]] http::Admission admission() const;
    /// For /metrics. Any thread.
    void collect(metrics::Exposition& exposition) const;
    /// Reads the API keys again; on failure the old ones stay. @throws UsageError
    void reload();
    /// Ends what still waits for Apple; call when no more requests come.
    void stop();

private:
    struct Parts;
    ApiOptions options_;
    std::unique_ptr<Parts> parts_;
};

} // namespace nanomdm::app
