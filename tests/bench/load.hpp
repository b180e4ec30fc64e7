// The load generator: one thread, keep-alive connections with one request at a time each; as fast as they are
// answered (closed loop), or at a fixed rate (open loop).
#pragma once

#include "bench/histogram.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::bench {

/// What a connection sends next. Called on the load generator's thread between two requests.
class Traffic {
public:
    virtual ~Traffic() = default;
    /// The first request of a connection. The bytes must stay valid until the answer. Empty: nothing to do.
    virtual std::string_view first(unsigned connection) = 0;
    /// The request after this answer. @return empty when the connection has nothing more to do.
    virtual std::string_view next(unsigned connection, int status, std::string_view body) = 0;
};

/// CPU time of the processes under load, user and system.
struct CpuTimes {
    std::chrono::microseconds server{0};
    std::chrono::microseconds database{0};

    CpuTimes& operator+=(const CpuTimes& more) {
        server += more.server;
        database += more.database;
        return *this;
    }
    friend CpuTimes operator-(const CpuTimes& a, const CpuTimes& b) {
        return {a.server - b.server, a.database - b.database};
    }
};

/// What was counted after the warm-up.
struct LoadResult {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0; ///< another status than 200, or a connection that broke
    std::chrono::duration<double> elapsed{0};
    std::chrono::microseconds client_cpu{0};
    CpuTimes cpu; ///< while it was counted
    Histogram latencies;
};

class Load {
public:
    /// @param url "http://127.0.0.1:9000"; IPv4 addresses only.
    Load(const std::string& url, unsigned connections);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    struct Schedule {
        std::chrono::duration<double> warmup{0};
        /// After this much counted time nothing new is sent.
        std::chrono::duration<double> counted{1e9};
        /// Requests a second; 0: each connection sends the next request when it has its answer. At a fixed
        /// rate latency counts from when a request should have been sent: what waits for a connection is
        /// late.
        double rate = 0;
        /// Called at the end of the warm-up and then about once a second.
        std::function<void(const LoadResult&)> tick = {};
        /// CPU time of the server so far; read at the start and the end of the counted time.
        std::function<CpuTimes()> cpu = {};
    };
    /// Runs until the traffic has nothing more to do, or the schedule ends it. Adds to `result`.
    void run(Traffic& traffic, const Schedule& schedule, LoadResult& result);

private:
    struct Connection;
    struct Running;
    void connect(Connection& connection);
    void send(Connection& connection, std::string_view bytes);
    /// Sends what has become due and a connection is free for.
    void send_due(Running& running);
    void offer(Connection& connection, std::string_view bytes, Running& running);
    bool receive(Connection& connection, Running& running);

    std::string host_;
    std::uint16_t port_ = 0;
    int epoll_ = -1;
    std::vector<std::unique_ptr<Connection>> connections_;
};

} // namespace nanomdm::bench
