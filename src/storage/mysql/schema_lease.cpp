#include "storage/mysql/schema_lease.hpp"

#include "crypto/random.hpp"
#include "encoding/hex.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "storage/mysql/failure.hpp"

#include <unistd.h>

namespace nanomdm::storage::mysql {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds between_attempts{1};

/// Says to a reader of the table who it is, and is unique.
std::string new_holder() {
    char host[33] = {};
    if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
    return std::string{host} + "/" + std::to_string(getpid()) + "/" + to_hex(random_bytes(8));
}

} // namespace

SchemaLease::SchemaLease(const Endpoint& endpoint, std::chrono::seconds duration,
                         const std::function<void(const std::string&)>& waiting)
    : endpoint_{endpoint}, duration_{duration}, holder_{new_holder()} {
    session_.emplace(endpoint_);
    while (!take()) {
        waiting(current_holder());
        std::this_thread::sleep_for(between_attempts);
    }
    renewal_ = std::thread{[this] { renew_until_stopped(); }};
}

SchemaLease::~SchemaLease() {
    {
        const std::lock_guard lock{mutex_};
        stop_ = true;
    }
    stop_asked_.notify_all();
    renewal_.join();
    give_back();
}

bool SchemaLease::take() {
    renewed_ = Clock::now();
    try {
        return session_->execute("UPDATE nanomdm_schema_lease "
                                 "SET holder = ?, expires_at = UTC_TIMESTAMP() + INTERVAL ? SECOND "
                                 "WHERE one = 1 AND (holder = '' OR expires_at < UTC_TIMESTAMP())",
                                 {holder_, std::int64_t{duration_.count()}}) == 1;
    } catch (const Failure& failure) {
        if (failure.kind() == FailureKind::conflict) return false; // another Galera node was faster
        throw;
    }
}

bool SchemaLease::renew() {
    try {
        if (!session_ || session_->broken()) session_.emplace(endpoint_);
        return session_->execute(
                   "UPDATE nanomdm_schema_lease SET expires_at = UTC_TIMESTAMP() + INTERVAL ? SECOND "
                   "WHERE one = 1 AND holder = ?",
                   {std::int64_t{duration_.count()}, holder_}) == 1;
    } catch (const Error& error) {
        log::warning("the right to change the schema was not renewed", {{"err", error.what()}});
        return false;
    }
}

std::string SchemaLease::current_holder() {
    auto rows = session_->query("SELECT holder FROM nanomdm_schema_lease WHERE one = 1");
    return rows.next() ? rows.text(0) : std::string{};
}

void SchemaLease::renew_until_stopped() {
    std::unique_lock lock{mutex_};
    while (!stop_asked_.wait_for(lock, duration_ / 4.0, [this] { return stop_; })) {
        lock.unlock();
        const auto before = Clock::now();
        const bool renewed = renew();
        lock.lock();
        if (renewed) renewed_ = before;
    }
}

void SchemaLease::check() const {
    const std::lock_guard lock{mutex_};
    if (Clock::now() - renewed_ >= duration_)
        throw Error{Errc::unavailable,
                    "the right to change the schema was lost: the database was out of reach for too long; "
                    "run the migration again"};
}

void SchemaLease::give_back() noexcept {
    try {
        if (session_)
            session_->execute("UPDATE nanomdm_schema_lease SET holder = '' WHERE one = 1 AND holder = ?",
                              {holder_});
    } catch (const std::exception&) { // it expires by itself
    }
}

} // namespace nanomdm::storage::mysql
