// The address of -admin-listen: probes and metrics apart from devices and administrators.
#pragma once

#include "app/ops_side.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/worker_pool.hpp"

#include <string>
#include <vector>

namespace nanomdm::app {

/// A server of its own, so that it answers while the storage is still being opened, when everything else is
/// full, and until everything else has ended.
class OpsListener {
public:
    /// Binds and answers at once. Keeps the reference.
    /// @param sockets listening ones in place of the address, when there are any
    /// @throws Error{Errc::invalid} for a malformed address, Error{Errc::unavailable} when it is taken.
    OpsListener(const std::string& address, const std::vector<int>& sockets, OpsSide& ops);
    ~OpsListener();

    [[nodiscard]] const http::Router& router() const noexcept { return router_; }
    /// As bound.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }

private:
    http::Router router_;
    http::WorkerPool workers_;
    http::WorkerPool upstream_;
    http::Server server_;
    std::string address_;
};

} // namespace nanomdm::app
