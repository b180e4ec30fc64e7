#include "app/ops_listener.hpp"

#include <chrono>

namespace nanomdm::app {
namespace {

http::ServerOptions options() {
    http::ServerOptions server;
    server.access_log = false; // a line for every probe would bury the others
    server.limits.connections = 200;
    server.limits.body_bytes = 0;
    return server;
}

} // namespace

OpsListener::OpsListener(const std::string& address, const std::vector<int>& sockets, OpsSide& ops)
    : workers_{http::WorkerPool::fixed(1)}, upstream_{http::WorkerPool::wide(2)}, server_{workers_, upstream_,
                                                                                          options()} {
    for (const int socket : sockets) address_ = server_.adopt(socket, router_);
    if (sockets.empty()) address_ = server_.listen(address, router_);
    ops.add_routes(router_, http::Admission{});
    server_.start();
}

/// The scrape under way is answered.
OpsListener::~OpsListener() {
    server_.drain(std::chrono::seconds{1});
    upstream_.stop();
}

} // namespace nanomdm::app
