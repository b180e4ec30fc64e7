#include "storage/mysql/failure.hpp"

namespace nanomdm::storage::mysql {
namespace {

Errc errc_of(FailureKind kind) noexcept {
    switch (kind) {
    case FailureKind::conflict:
    case FailureKind::connection_lost:
    case FailureKind::not_ready:
    case FailureKind::full:
        return Errc::unavailable;
    case FailureKind::bad_value:
        return Errc::invalid;
    case FailureKind::duplicate_key:
    case FailureKind::missing_parent:
    case FailureKind::other:
        break;
    }
    return Errc::internal;
}

} // namespace

FailureKind kind_of(int number) noexcept {
    switch (number) {
    case 1205: // lock wait timeout
    case 1213: // deadlock; Galera: certification failed
    case 1020: // MariaDB: the row changed since it was read
    case 1180: // Galera: error during COMMIT
        return FailureKind::conflict;
    case 1053: // the server shuts down
    case 1152: // aborted connection
    case 1158: // network errors …
    case 1159:
    case 1160:
    case 1161:
    case 1317: // the statement was interrupted
    case 1184: // new aborting connection
    case 1243: // unknown prepared statement: the connection behind a proxy is another one
    case 1927: // MariaDB: the connection was killed
    case 1969: // MariaDB: max_statement_time
    case 3024: // MySQL: max_execution_time
    case 3169: // MySQL: the session was killed
    case 4031: // MySQL: disconnected for inactivity
        return FailureKind::connection_lost;
    case 1040: // too many connections
    case 1047: // Galera: the node has no quorum or is not synced
    case 1129: // host is blocked
    case 1203: // the user's limit of connections
    case 1290: // read-only
    case 1792: // read-only transaction
    case 1836: // read-only mode
    case 3100: // group replication: error on observer, the transaction was rolled back
    case 3101: // group replication: certification failed
        return FailureKind::not_ready;
    case 3:    // error writing a file
    case 14:   // cannot change the size of a file
    case 1021: // the disk is full
    case 1026: // error writing a file
    case 1114: // the table is full
    case 1030: // error from the storage engine
    case 1041: // out of memory
    case 1038:
    case 1037:
        return FailureKind::full;
    case 1062: // duplicate entry
    case 1586:
        return FailureKind::duplicate_key;
    case 1216:
    case 1452:
        return FailureKind::missing_parent;
    case 1264: // out of range
    case 1366: // incorrect value
    case 1406: // too long
    case 3819: // MySQL: CHECK
    case 4025: // MariaDB: CHECK
        return FailureKind::bad_value;
    default:
        break;
    }
    // The client library's own: it could not connect, or the connection went.
    return number >= 2000 && number < 3000 ? FailureKind::connection_lost : FailureKind::other;
}

Failure::Failure(int number, const std::string& reason)
    : Error{errc_of(kind_of(number)), reason + " (error " + std::to_string(number) + ")"}, number_{number},
      reason_{reason} {}

} // namespace nanomdm::storage::mysql
