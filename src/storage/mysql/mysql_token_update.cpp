// Storing TokenUpdates: the most frequent write of a fleet. Two statements, each of one table and by primary
// key: one UPDATE over both tables would make the server create a temporary table on disk every time, because
// a row is remembered by a key that may have 1,020 bytes.
#include "storage/mysql/failure.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/optional_text.hpp"
#include "storage/mysql/outbox_recording.hpp"
#include "storage/mysql/row_key.hpp"
#include "storage/mysql/text_columns.hpp"

namespace nanomdm::storage {
namespace {

using mysql::Failure;
using mysql::FailureKind;
using mysql::name_or_null;
using mysql::Parameter;
using mysql::RowKey;
using mysql::Session;
using mysql::text_or_null;
using mysql::TextColumn;

constexpr std::string_view update_device = R"(
UPDATE devices
SET token_update = ?, token_update_raw = ?, token_update_raw_of = ?, token_update_at = UTC_TIMESTAMP(),
    unlock_token = COALESCE(?, unlock_token),
    unlock_token_at = IF(?, UTC_TIMESTAMP(), unlock_token_at), updated_at = UTC_TIMESTAMP()
WHERE id = ?)";

constexpr std::string_view put_user = R"(
INSERT INTO users (id, device_id, token_update, token_update_raw, token_update_raw_of, token_update_at,
                   user_short_name, user_long_name, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(), ?, ?, UTC_TIMESTAMP(), UTC_TIMESTAMP())
ON DUPLICATE KEY UPDATE
    token_update = VALUES(token_update), token_update_raw = VALUES(token_update_raw),
    token_update_raw_of = VALUES(token_update_raw_of), token_update_at = VALUES(token_update_at),
    user_short_name = VALUES(user_short_name), user_long_name = VALUES(user_long_name),
    updated_at = VALUES(updated_at))";

/// LAST_INSERT_ID(expression) keeps the tally for the connection.
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

/// MariaDB has the tally come with the answer.
const std::string& put_enrollment_returning() {
    static const std::string sql = std::string{put_enrollment} + " RETURNING token_update_tally";
    return sql;
}

/// A TokenUpdate on its way into the rows of its channel.
class Rows {
public:
    explicit Rows(const TokenUpdate& message)
        : message_{message}, id_{message.enrollment.id}, device_{message.enrollment.device()},
          raw_{message.raw}, topic_{message.push.topic}, token_hex_{message.push.token.hex()} {}

    /// @return the tally. @throws Error{Errc::invalid} when the device never sent Authenticate.
    [[nodiscard]] int put(Session& session) const {
        if (!(is_user() ? put_user_row(session) : update_device_row(session)))
            throw Error{Errc::invalid, "no Authenticate from device " + message_.enrollment.device().str()};
        const Parameter user_id = is_user() ? Parameter{id_} : Parameter{nullptr};
        const std::initializer_list<Parameter> values{id_,
                                                      device_,
                                                      user_id,
                                                      type(),
                                                      topic_,
                                                      text_or_null(message_.push.magic.str()),
                                                      text_or_null(token_hex_)};
        if (session.is_mariadb()) return number(session.query(put_enrollment_returning(), values));
        session.execute(put_enrollment, values);
        return number(session.query(select_tally));
    }

private:
    /// @return false when there is no such device.
    bool update_device_row(Session& session) const {
        const Parameter has_unlock_token = std::int64_t{message_.unlock_token.empty() ? 0 : 1};
        return session.execute(update_device, {raw_.text(), raw_.raw(), raw_.raw_of(),
                                               text_or_null(message_.unlock_token), has_unlock_token, id_}) >
               0;
    }

    bool put_user_row(Session& session) const {
        try {
            session.execute(put_user, {id_, device_, raw_.text(), raw_.raw(), raw_.raw_of(),
                                       name_or_null(message_.user_short_name.str()),
                                       name_or_null(message_.user_long_name.str())});
            return true;
        } catch (const Failure& failure) {
            if (failure.kind() != FailureKind::missing_parent) throw;
            return false;
        }
    }

    [[nodiscard]] static int number(mysql::Rows rows) {
        if (!rows.next()) throw Error{Errc::internal, "a TokenUpdate was stored without a tally"};
        return static_cast<int>(rows.integer(0));
    }

    [[nodiscard]] bool is_user() const { return message_.enrollment.is_user_channel(); }
    [[nodiscard]] Parameter type() const { return to_string(message_.enrollment.type); }

    const TokenUpdate& message_;
    const RowKey id_;
    const RowKey device_;
    const TextColumn raw_;
    const RowKey topic_;
    const std::string token_hex_;
};

} // namespace

int MySqlStorage::store_token_update(const TokenUpdate& message) {
    // The unlock token goes beside the message that it came in.
    if (message.raw.size() + message.unlock_token.size() > largest_message_)
        throw Error{Errc::too_large, "TokenUpdate with an unlock token larger than the database takes"};
    const Rows rows{message};
    return database_.transact([&](Session& session) {
        const int tally = rows.put(session);
        if (message.event) mysql::record(session, make_event(message, tally), largest_message_);
        return tally;
    });
}

} // namespace nanomdm::storage
