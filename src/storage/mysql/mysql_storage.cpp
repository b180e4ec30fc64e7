// The life of the backend; what it does is in mysql_*.cpp, by subject.
#include "storage/mysql/mysql_storage.hpp"

namespace nanomdm::storage {
namespace {

/// A statement has more than the message in it.
constexpr std::size_t packet_overhead = 64 << 10;

/// Also shows that the database can be reached.
std::size_t largest_message_of(mysql::Database& database) {
    const std::size_t packet = database.run([](mysql::Session& session) { return session.max_packet(); });
    return packet > 2 * packet_overhead ? packet - packet_overhead : packet / 2;
}

} // namespace

MySqlStorage::MySqlStorage(const MySqlOptions& options)
    : database_{options.endpoint, options.pool, options.patience}, heartbeat_{options.endpoint},
      delete_finished_{options.delete_finished}, largest_message_{largest_message_of(database_)},
      upkeep_{database_, options}, last_seen_{database_, options.last_seen_interval} {}

MySqlStorage::~MySqlStorage() = default;

void MySqlStorage::ping() { heartbeat_.ask(); }

} // namespace nanomdm::storage
