// The right to change the schema: one process at a time has it, and it expires when that process is gone.
#pragma once

#include "storage/mysql/endpoint.hpp"
#include "storage/mysql/session.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace nanomdm::storage::mysql {

/// The row of nanomdm_schema_lease, taken by compare-and-set on the database's clock. While it lives, a
/// thread renews it on a connection of its own: the statements it protects may take hours.
class SchemaLease {
public:
    /// Waits while somebody else has it.
    /// @param duration without a renewal, whole seconds.
    /// @param waiting called about once a second; may throw to give up.
    SchemaLease(const Endpoint& endpoint, std::chrono::seconds duration,
                const std::function<void(const std::string& holder)>& waiting);
    SchemaLease(const SchemaLease&) = delete;
    SchemaLease& operator=(const SchemaLease&) = delete;
    ~SchemaLease(); ///< gives it back

    /// @throws Error{Errc::unavailable} when it could not be renewed in time: somebody else may have it.
    void check() const;

private:
    bool take();
    bool renew();
    std::string current_holder();
    void renew_until_stopped();
    void give_back() noexcept;

    const Endpoint endpoint_;
    const std::chrono::seconds duration_;
    const std::string holder_;
    std::optional<Session> session_; ///< the renewing thread's, once it runs
    mutable std::mutex mutex_;
    std::condition_variable stop_asked_;
    bool stop_ = false;
    std::chrono::steady_clock::time_point renewed_;
    std::thread renewal_;
};

} // namespace nanomdm::storage::mysql
