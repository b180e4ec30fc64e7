// Whether the database answers, asked on a connection of its own.
#pragma once

#include "storage/mysql/endpoint.hpp"
#include "storage/mysql/session.hpp"

#include <memory>
#include <mutex>

namespace nanomdm::storage::mysql {

/// Not by the pool: when all of its connections are busy, the database is there all the same, and a server
/// taken away from its load balancer then would leave its load to the others. Thread-safe; connects when it
/// is asked first.
class Heartbeat {
public:
    explicit Heartbeat(Endpoint endpoint);

    /// Within a few seconds, whatever the endpoint's time-outs are: one for each step.
    /// @throws Failure
    void ask();

private:
    [[nodiscard]] std::unique_ptr<Session> take_session();

    const Endpoint endpoint_;
    std::mutex mutex_;
    std::unique_ptr<Session> idle_; ///< null: none, or being asked
};

} // namespace nanomdm::storage::mysql
