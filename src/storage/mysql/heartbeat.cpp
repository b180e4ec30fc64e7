#include "storage/mysql/heartbeat.hpp"

#include <utility>

namespace nanomdm::storage::mysql {
namespace {

Endpoint impatient(Endpoint endpoint) {
    constexpr std::chrono::seconds step{1};
    endpoint.connect_timeout = endpoint.read_timeout = endpoint.write_timeout = step;
    return endpoint;
}

/// From a table: a node without quorum answers what touches none.
void touch(Session& session) { (void)session.query("SELECT 1 FROM push_certs LIMIT 1"); }

} // namespace

Heartbeat::Heartbeat(Endpoint endpoint) : endpoint_{impatient(std::move(endpoint))} {}

void Heartbeat::ask() {
    auto session = take_session();
    if (session != nullptr) {
        try {
            touch(*session);
        } catch (const std::exception&) {
            session.reset(); // servers and proxies drop what is quiet: the answer of a new one counts
        }
    }
    if (session == nullptr) {
        session = std::make_unique<Session>(endpoint_);
        touch(*session);
    }
    const std::lock_guard lock{mutex_};
    idle_.swap(session);
}

std::unique_ptr<Session> Heartbeat::take_session() {
    const std::lock_guard lock{mutex_};
    return std::move(idle_);
}

} // namespace nanomdm::storage::mysql
