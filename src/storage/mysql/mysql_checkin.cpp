// Storing what devices check in with, TokenUpdates apart. Locks are taken in the order devices, users,
// enrollments, queue, outbox.
#include "encoding/base64.hpp"
#include "storage/mysql/failure.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/optional_text.hpp"
#include "storage/mysql/outbox_recording.hpp"
#include "storage/mysql/pem_column.hpp"
#include "storage/mysql/queue_rows.hpp"
#include "storage/mysql/row_key.hpp"
#include "storage/mysql/text_columns.hpp"

namespace nanomdm::storage {
namespace {

using mysql::RowKey;
using mysql::Session;
using mysql::TextColumn;

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

/// Locks the enrollments of the device and its users, and then the counters of their queues, as whoever
/// enqueues does; says whether there are any. Both write the counter, which makes them conflict on two nodes
/// of a Galera cluster: there nobody sees what the other one has locked.
constexpr std::string_view hold_back_enqueueing = R"(
INSERT INTO nanomdm_queue_counters (id, last_seq)
SELECT e.id, 1 FROM enrollments e WHERE e.device_id = ? ORDER BY e.id FOR UPDATE
ON DUPLICATE KEY UPDATE last_seq = nanomdm_queue_counters.last_seq + 1)";

/// Disables them and clears what is pending for them. What is finished stays as it is: a report repeated is
/// still known. NanoMDM finishes a command by its result alone. The index passes by what is finished; the
/// optimizer may prefer the primary key, which does not. The join cannot begin at the queue, among other
/// devices' rows.
const std::string& start_anew() {
    static const std::string sql = R"(
UPDATE enrollments e
LEFT JOIN (enrollment_queue q FORCE INDEX (idx_nanomdm_next)
           LEFT JOIN command_results r ON r.id = q.id AND r.command_uuid = q.command_uuid)
       ON q.id = e.id AND q.active = 1 AND q.done = 0 AND )" +
                                   std::string{mysql::no_final_result} + R"(
SET e.enabled = 0, e.token_update_tally = 0, e.unregistered_token_hex = NULL,
    e.updated_at = UTC_TIMESTAMP(), q.active = 0, q.updated_at = UTC_TIMESTAMP()
WHERE e.device_id = ?)";
    return sql;
}

// --- The others ---

constexpr std::string_view disable_device_and_users = R"(
UPDATE enrollments SET enabled = 0, token_update_tally = 0, updated_at = UTC_TIMESTAMP()
WHERE device_id = ?)";
constexpr std::string_view disable_user = R"(
UPDATE enrollments SET enabled = 0, token_update_tally = 0, updated_at = UTC_TIMESTAMP() WHERE id = ?)";

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
UPDATE devices SET bootstrap_token_b64 = ?, bootstrap_token_at = IF(?, UTC_TIMESTAMP(), NULL),
                   updated_at = UTC_TIMESTAMP()
WHERE id = ?)";
constexpr std::string_view select_bootstrap_token = "SELECT bootstrap_token_b64 FROM devices WHERE id = ?";

[[noreturn]] void refuse_unknown(const EnrollmentId& device) {
    throw Error{Errc::invalid, "no Authenticate from device " + device.str()};
}

} // namespace

void MySqlStorage::store_authenticate(const Authenticate& message, const std::string& identity_pem) {
    const RowKey id{message.enrollment.id};
    const TextColumn raw{message.raw};
    const auto event = mysql::event_of(message);
    std::string pem;
    if (!identity_pem.empty()) pem = mysql::to_pem_column(identity_pem, mysql::certificate_beginning);
    database_.transact([&](Session& session) {
        session.execute(put_device,
                        {id, mysql::text_or_null(pem), mysql::name_or_null(message.serial_number.str()),
                         raw.text(), raw.raw(), raw.raw_of()});
        // A device that is new has nothing to clear, and that is not cheap: see mysql_token_update.cpp.
        if (session.execute(hold_back_enqueueing, {id}) > 0) session.execute(start_anew(), {id});
        if (event) mysql::record(session, *event, largest_message_);
    });
}

void MySqlStorage::store_check_out(const CheckOut& message) {
    mysql::with_event(database_, mysql::event_of(message), largest_message_, [&](Session& session) {
        session.execute(message.enrollment.is_user_channel() ? disable_user : disable_device_and_users,
                        {RowKey{message.enrollment.id}});
    });
}

void MySqlStorage::store_user_authenticate(const UserAuthenticate& message) {
    const RowKey id{message.enrollment.id};
    const RowKey device{message.enrollment.device()};
    const TextColumn raw{message.raw};
    const auto put = message.digest_response.empty() ? put_user_authenticate : put_user_authenticate_digest;
    try {
        mysql::with_event(database_, mysql::event_of(message), largest_message_, [&](Session& session) {
            session.execute(put, {id, device, raw.text(), raw.raw(), raw.raw_of()});
        });
    } catch (const mysql::Failure& failure) {
        if (failure.kind() == mysql::FailureKind::missing_parent) refuse_unknown(message.enrollment.device());
        throw;
    }
}

void MySqlStorage::touch_last_seen(const Enrollment& enrollment) { last_seen_.touch(enrollment.id); }

void MySqlStorage::store_bootstrap_token(const SetBootstrapToken& message) {
    const EnrollmentId& device = message.enrollment.device();
    const std::string base64 = base64_encode(message.token);
    const mysql::Parameter is_there = std::int64_t{message.token.empty() ? 0 : 1};
    mysql::with_event(database_, mysql::event_of(message), largest_message_, [&](Session& session) {
        const bool known = session.execute(update_bootstrap_token,
                                           {mysql::text_or_null(base64), is_there, RowKey{device}}) > 0;
        if (!known) refuse_unknown(device);
    });
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
