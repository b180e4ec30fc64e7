// What the database answered or did instead of answering, sorted by what can be done about it.
#pragma once

#include "nanomdm/error.hpp"

#include <string>

namespace nanomdm::storage::mysql {

enum class FailureKind {
    conflict,        ///< deadlock, lock wait, Galera certification: the whole transaction again
    connection_lost, ///< the connection is of no use any more; whether a commit took effect is unknown
    not_ready,       ///< read-only, starting, shutting down, no Galera quorum, too many connections
    full,            ///< the disk or a table is full
    duplicate_key,
    missing_parent, ///< a foreign key names a row that is not there
    bad_value,      ///< too long, not representable, or refused by a CHECK
    other,
};

/// An error number of the server (1000…) or of the client library (2000…).
/// https://mariadb.com/kb/en/mariadb-error-codes/
[[nodiscard]] FailureKind kind_of(int number) noexcept;

class Failure final : public Error {
public:
    Failure(int number, const std::string& reason);

    [[nodiscard]] FailureKind kind() const noexcept { return kind_of(number_); }
    [[nodiscard]] int number() const noexcept { return number_; }
    /// what() without the number.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

private:
    int number_;
    std::string reason_;
};

} // namespace nanomdm::storage::mysql
