// Storing what devices check in with. Locks are taken in the order devices, users, enrollments, queue.
#include "encoding/base64.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/pem_column.hpp"
#include "storage/mysql/queue_rows.hpp"
#include "storage/mysql/row_key.hpp"
#include "storage/mysql/row_values.hpp"
#include "storage/mysql/text_columns.hpp"

namespace nanomdm::storage {
namespace {

using mysql::Parameter;
using mysql::RowKey;
using mysql::Session;
using mysql::TextColumn;

Parameter text(const std::string& value) { return std::string_view{value}; }

/// NanoMDM's columns of what may be absent refuse an empty text …
Parameter text_or_null(const std::string& value) { return value.empty() ? Parameter{nullptr} : text(value); }

/// … and a blank one too, because '' = ' ' to them.
Parameter name_or_null(const std::string& value) {
    return value.find_first_not_of(' ') == std::string::npos ? Parameter{nullptr} : text(value);
}

// --- Authenticate ---

constexpr std::string_view put_device = R"(
INSERT INTO devices (id, identity_cert, serial_number, authenticate, authenticate_raw, authenticate_raw_of,
                     authenticate_at, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(), UTC_TIMESTAMP(), UTC_TIMESTAMP())
ON DUPLICATE KEY UPDATE
    identity_cert = VALUES(identity_cert), serial_number = VALUES(serial_number),
    authenticate = VALUES(authenticate), authenticate_raw = VALUES(authenticate_raw),
    authenticate_raw_of = VALUES(authenticate_raw_of), authenticate_at = VALUES(authenticate_at),
    unlock_token = NULL, unlock_token_at = NULL, bootstrap_token_b64 = NULL, bootstrap_token_at = NULL,
    updated_at = VALUES(updated_at))";

/// The device and its users are disabled, and what is pending for them is cleared. What is finished stays as
/// it is: a report repeated is still known. NanoMDM finishes a command by its result alone.
const std::string& start_anew() {
    static const std::string sql = R"(
UPDATE enrollments e
LEFT JOIN (enrollment_queue q
           LEFT JOIN command_results r ON r.id = q.id AND r.command_uuid = q.command_uuid)
       ON q.id = e.id AND q.active = 1 AND q.done = 0 AND )" +
                                   std::string{mysql::no_final_result} + R"(
SET e.enabled = 0, e.token_update_tally = 0, e.unregistered_token_hex = NULL,
    e.updated_at = UTC_TIMESTAMP(), q.active = 0, q.updated_at = UTC_TIMESTAMP()
WHERE e.device_id = ?)";
    return sql;
}

// --- TokenUpdate ---

// An enrollment that was there before: one statement for both its rows, which commits by itself. The
// optimizer reads, and so locks, rows found by a whole primary key first, in the order named. The tally that
// this statement made is kept for the connection, by LAST_INSERT_ID(expression).
constexpr std::string_view set_enrollment = R"(
    e.type = ?, e.topic = ?, e.push_magic = ?, e.token_hex = ?, e.unregistered_token_hex = NULL, e.enabled = 1,
    e.token_update_tally = LAST_INSERT_ID(e.token_update_tally + 1), e.last_seen_at = UTC_TIMESTAMP(),
    e.updated_at = UTC_TIMESTAMP())";

constexpr std::string_view set_device = R"(
    d.token_update = ?, d.token_update_raw = ?, d.token_update_raw_of = ?, d.token_update_at = UTC_TIMESTAMP(),
    d.unlock_token = COALESCE(?, d.unlock_token),
    d.unlock_token_at = IF(? IS NULL, d.unlock_token_at, UTC_TIMESTAMP()), d.updated_at = UTC_TIMESTAMP())";

const std::string& update_device_and_enrollment() {
    static const std::string sql = "UPDATE devices d JOIN enrollments e ON e.device_id = d.id SET" +
                                   std::string{set_device} + "," + std::string{set_enrollment} +
                                   " WHERE d.id = ? AND e.id = ? AND e.user_id IS NULL";
    return sql;
}
const std::string& update_device() {
    static const std::string sql = "UPDATE devices d SET" + std::string{set_device} + " WHERE d.id = ?";
    return sql;
}

const std::string& update_user_and_enrollment() {
    static const std::string sql = R"(
UPDATE users u JOIN enrollments e ON e.user_id = u.id AND e.device_id = u.device_id SET
    u.token_update = ?, u.token_update_raw = ?, u.token_update_raw_of = ?, u.token_update_at = UTC_TIMESTAMP(),
    u.user_short_name = ?, u.user_long_name = ?, u.updated_at = UTC_TIMESTAMP(),)" +
                                   std::string{set_enrollment} +
                                   " WHERE u.id = ? AND u.device_id = ? AND e.id = ?";
    return sql;
}
constexpr std::string_view put_user = R"(
INSERT INTO users (token_update, token_update_raw, token_update_raw_of, token_update_at,
                   user_short_name, user_long_name, id, device_id, created_at, updated_at)
VALUES (?, ?, ?, UTC_TIMESTAMP(), ?, ?, ?, ?, UTC_TIMESTAMP(), UTC_TIMESTAMP())
ON DUPLICATE KEY UPDATE
    token_update = VALUES(token_update), token_update_raw = VALUES(token_update_raw),
    token_update_raw_of = VALUES(token_update_raw_of), token_update_at = VALUES(token_update_at),
    user_short_name = VALUES(user_short_name), user_long_name = VALUES(user_long_name),
    updated_at = VALUES(updated_at))";

/// The first TokenUpdate of an enrollment, or of those that come at once.
constexpr std::string_view put_enrollment = R"(
INSERT INTO enrollments (id, device_id, user_id, type, topic, push_magic, token_hex, enabled,
                         token_update_tally, last_seen_at, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, LAST_INSERT_ID(1), UTC_TIMESTAMP(), UTC_TIMESTAMP(), UTC_TIMESTAMP())
ON DUPLICATE KEY UPDATE
    type = VALUES(type), topic = VALUES(topic), push_magic = VALUES(push_magic),
    token_hex = VALUES(token_hex), unregistered_token_hex = NULL, enabled = 1,
    token_update_tally = LAST_INSERT_ID(token_update_tally + 1), last_seen_at = VALUES(last_seen_at),
    updated_at = VALUES(updated_at))";

constexpr std::string_view select_tally = "SELECT LAST_INSERT_ID()";

// --- The others ---

constexpr std::string_view disable_device_and_users = R"(
UPDATE enrollments SET enabled = 0, token_update_tally = 0, updated_at = UTC_TIMESTAMP()
WHERE device_id = ?)";
constexpr std::string_view disable_user = R"(
UPDATE enrollments SET enabled = 0, token_update_tally = 0, updated_at = UTC_TIMESTAMP() WHERE id = ?)";

/// A device's row must be there, and stay, while one of a user of it is added.
constexpr std::string_view hold_device = "SELECT 1 FROM devices WHERE id = ? LOCK IN SHARE MODE";

constexpr std::string_view put_user_authenticate = R"(
INSERT INTO users (id, device_id, user_authenticate, user_authenticate_raw, user_authenticate_raw_of,
                   user_authenticate_at, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(), UTC_TIMESTAMP(), UTC_TIMESTAMP())
ON DUPLICATE KEY UPDATE
    user_authenticate = VALUES(user_authenticate), user_authenticate_raw = VALUES(user_authenticate_raw),
    user_authenticate_raw_of = VALUES(user_authenticate_raw_of),
    user_authenticate_at = VALUES(user_authenticate_at), updated_at = VALUES(updated_at))";
constexpr std::string_view put_user_authenticate_digest = R"(
INSERT INTO users (id, device_id, user_authenticate_digest, user_authenticate_digest_raw,
                   user_authenticate_digest_raw_of, user_authenticate_digest_at, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(), UTC_TIMESTAMP(), UTC_TIMESTAMP())
ON DUPLICATE KEY UPDATE
    user_authenticate_digest = VALUES(user_authenticate_digest),
    user_authenticate_digest_raw = VALUES(user_authenticate_digest_raw),
    user_authenticate_digest_raw_of = VALUES(user_authenticate_digest_raw_of),
    user_authenticate_digest_at = VALUES(user_authenticate_digest_at), updated_at = VALUES(updated_at))";

constexpr std::string_view update_bootstrap_token = R"(
UPDATE devices SET bootstrap_token_b64 = ?, bootstrap_token_at = IF(? IS NULL, NULL, UTC_TIMESTAMP()),
                   updated_at = UTC_TIMESTAMP()
WHERE id = ?)";
constexpr std::string_view select_bootstrap_token = "SELECT bootstrap_token_b64 FROM devices WHERE id = ?";

[[noreturn]] void refuse_unknown(const EnrollmentId& device) {
    throw Error{Errc::invalid, "no Authenticate from device " + device.str()};
}

/// A TokenUpdate on its way into the rows of its channel.
class TokenUpdateRows {
public:
    explicit TokenUpdateRows(const TokenUpdate& message)
        : message_{message}, id_{message.enrollment.id}, device_{message.enrollment.device()},
          raw_{message.raw}, topic_{message.push.topic}, token_hex_{message.push.token.hex()} {}

    /// @return false when the enrollment's rows are not there yet.
    bool renew(Session& session) const {
        if (is_user()) {
            return session.execute(update_user_and_enrollment(),
                                   {raw_.text(), raw_.raw(), raw_.raw_of(), short_name(), long_name(), type(),
                                    topic_, magic(), text(token_hex_), id_, device_, id_}) > 0;
        }
        return session.execute(update_device_and_enrollment(),
                               {raw_.text(), raw_.raw(), raw_.raw_of(), unlock_token(), unlock_token(),
                                type(), topic_, magic(), text(token_hex_), id_, id_}) > 0;
    }

    /// Within a transaction. @throws Error{Errc::invalid} when the device never sent Authenticate.
    void begin(Session& session) const {
        if (is_user()) {
            if (!session.query(hold_device, {device_}).next()) refuse_unknown(message_.enrollment.device());
            session.execute(
                put_user, {raw_.text(), raw_.raw(), raw_.raw_of(), short_name(), long_name(), id_, device_});
        } else if (session.execute(update_device(), {raw_.text(), raw_.raw(), raw_.raw_of(), unlock_token(),
                                                     unlock_token(), id_}) == 0) {
            refuse_unknown(message_.enrollment.id);
        }
        session.execute(put_enrollment, {id_, device_, is_user() ? Parameter{id_} : Parameter{nullptr},
                                         type(), topic_, magic(), text(token_hex_)});
    }

private:
    [[nodiscard]] bool is_user() const { return message_.enrollment.is_user_channel(); }
    [[nodiscard]] Parameter type() const { return to_string(message_.enrollment.type); }
    [[nodiscard]] Parameter magic() const { return text(message_.push.magic.str()); }
    [[nodiscard]] Parameter unlock_token() const { return text_or_null(message_.unlock_token); }
    [[nodiscard]] Parameter short_name() const { return name_or_null(message_.user_short_name.str()); }
    [[nodiscard]] Parameter long_name() const { return name_or_null(message_.user_long_name.str()); }

    const TokenUpdate& message_;
    const RowKey id_;
    const RowKey device_;
    const TextColumn raw_;
    const RowKey topic_;
    const std::string token_hex_;
};

int tally_of(Session& session) {
    auto row = session.query(select_tally);
    return row.next() ? static_cast<int>(row.integer(0)) : 0;
}

} // namespace

void MySqlStorage::store_authenticate(const Authenticate& message, const std::string& identity_pem) {
    const RowKey id{message.enrollment.id};
    const TextColumn raw{message.raw};
    std::string pem;
    if (!identity_pem.empty()) pem = mysql::to_pem_column(identity_pem, mysql::certificate_beginning);
    database_.transact([&](Session& session) {
        session.execute(put_device, {id, text_or_null(pem), name_or_null(message.serial_number.str()),
                                     raw.text(), raw.raw(), raw.raw_of()});
        session.execute(start_anew(), {id});
    });
}

int MySqlStorage::store_token_update(const TokenUpdate& message) {
    const TokenUpdateRows rows{message};
    const auto renewed = database_.run([&](Session& session) -> std::optional<int> {
        if (!rows.renew(session)) return std::nullopt;
        return tally_of(session);
    });
    if (renewed) return *renewed;
    return database_.transact([&](Session& session) {
        rows.begin(session);
        return tally_of(session);
    });
}

void MySqlStorage::store_check_out(const CheckOut& message) {
    database_.run([&](Session& session) {
        session.execute(message.enrollment.is_user_channel() ? disable_user : disable_device_and_users,
                        {RowKey{message.enrollment.id}});
    });
}

void MySqlStorage::store_user_authenticate(const UserAuthenticate& message) {
    const RowKey id{message.enrollment.id};
    const RowKey device{message.enrollment.device()};
    const TextColumn raw{message.raw};
    const auto put = message.digest_response.empty() ? put_user_authenticate : put_user_authenticate_digest;
    database_.transact([&](Session& session) {
        if (!session.query(hold_device, {device}).next()) refuse_unknown(message.enrollment.device());
        session.execute(put, {id, device, raw.text(), raw.raw(), raw.raw_of()});
    });
}

void MySqlStorage::touch_last_seen(const Enrollment& enrollment) { last_seen_.touch(enrollment.id); }

void MySqlStorage::store_bootstrap_token(const EnrollmentId& device, const std::string& token) {
    const std::string base64 = base64_encode(token);
    const bool known = database_.run([&](Session& session) {
        return session.execute(update_bootstrap_token,
                               {text_or_null(base64), text_or_null(base64), RowKey{device}}) > 0;
    });
    if (!known) refuse_unknown(device);
}

std::optional<std::string> MySqlStorage::bootstrap_token(const EnrollmentId& device) {
    const auto base64 = database_.run([&](Session& session) -> std::optional<std::string> {
        auto rows = session.query(select_bootstrap_token, {RowKey{device}});
        if (!rows.next()) return std::nullopt;
        return rows.text_or_null(0);
    });
    if (!base64) return std::nullopt;
    auto token = base64_decode(*base64);
    if (!token) throw Error{Errc::corrupt, "bootstrap token of " + device.str() + " is not base64"};
    return token;
}

} // namespace nanomdm::storage
