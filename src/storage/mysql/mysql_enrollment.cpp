// Looking at enrollments.
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/row_key.hpp"
#include "storage/mysql/row_values.hpp"
#include "storage/mysql/text_columns.hpp"

namespace nanomdm::storage {
namespace {

using mysql::bytes_of;
using mysql::RowKey;
using mysql::Session;

/// The serial number is the device's own: that of a user channel's device does not show.
constexpr std::string_view select_enrollment = R"(
SELECT e.type, e.device_id, e.user_id IS NOT NULL, e.topic, e.push_magic, e.token_hex, e.enabled,
       e.token_update_tally, UNIX_TIMESTAMP(e.last_seen_at), d.serial_number, u.user_short_name,
       u.user_long_name
FROM enrollments e
LEFT JOIN devices d ON d.id = e.id
LEFT JOIN users u ON u.id = e.user_id AND u.device_id = e.device_id
WHERE e.id = ?)";

/// A device without a TokenUpdate. No column has its type: its message tells.
constexpr std::string_view select_authenticated = R"(
SELECT serial_number, INSTR(authenticate, 'EnrollmentID') > 0 AND INSTR(authenticate, 'UDID') = 0
FROM devices WHERE id = ?)";

/// A user channel without a TokenUpdate; only Macs send UserAuthenticate.
constexpr std::string_view select_announced =
    "SELECT device_id, user_short_name, user_long_name FROM users WHERE id = ?";

const std::string& select_device_messages() {
    static const std::string sql = "SELECT " + bytes_of("d.authenticate") + ", " +
                                   bytes_of("d.token_update") +
                                   ", d.unlock_token FROM devices d WHERE d.id = ?";
    return sql;
}

const std::string& select_user_messages() {
    static const std::string sql = "SELECT " + bytes_of("u.token_update") + ", " +
                                   bytes_of("u.user_authenticate") + ", " +
                                   bytes_of("u.user_authenticate_digest") + " FROM users u WHERE u.id = ?";
    return sql;
}

std::optional<EnrollmentMessages> messages_of_device(Session& session, const EnrollmentId& id) {
    auto row = session.query(select_device_messages(), {RowKey{id}});
    if (!row.next()) return std::nullopt;
    EnrollmentMessages messages;
    messages.authenticate = row.text_or_null(0);
    messages.token_update = row.text_or_null(1);
    messages.unlock_token = row.text_or_null(2);
    return messages;
}

EnrollmentMessages messages_of_user(Session& session, const EnrollmentId& id) {
    auto row = session.query(select_user_messages(), {RowKey{id}});
    EnrollmentMessages messages;
    if (!row.next()) return messages;
    messages.token_update = row.text_or_null(0);
    messages.user_authenticate = row.text_or_null(1);
    messages.user_authenticate_digest = row.text_or_null(2);
    return messages;
}

EnrollmentState bare(Enrollment enrollment) {
    return {std::move(enrollment), false, 0, {}, std::nullopt, std::nullopt, {}, {}};
}

std::optional<EnrollmentState> completed(Session& session, const EnrollmentId& id) {
    auto row = session.query(select_enrollment, {RowKey{id}});
    if (!row.next()) return std::nullopt;
    EnrollmentState state = bare({id, mysql::enrollment_type_of(row.text(0)), std::nullopt});
    if (row.integer(2) != 0) state.enrollment.parent = mysql::enrollment_id_of(row.text(1));
    state.push = mysql::push_info_of(row.text(3), row.text(4), row.text(5));
    state.enabled = row.integer(6) != 0;
    state.token_update_tally = static_cast<int>(row.integer(7));
    state.last_seen_at = mysql::time_of(row.integer(8));
    state.serial_number = row.text(9);
    state.user_short_name = row.text(10);
    state.user_long_name = row.text(11);
    return state;
}

std::optional<EnrollmentState> authenticated(Session& session, const EnrollmentId& id) {
    auto row = session.query(select_authenticated, {RowKey{id}});
    if (!row.next()) return std::nullopt;
    const auto type = row.integer(1) != 0 ? EnrollmentType::user_enrollment_device : EnrollmentType::device;
    EnrollmentState state = bare({id, type, std::nullopt});
    state.serial_number = row.text(0);
    return state;
}

std::optional<EnrollmentState> announced(Session& session, const EnrollmentId& id) {
    auto row = session.query(select_announced, {RowKey{id}});
    if (!row.next()) return std::nullopt;
    EnrollmentState state = bare({id, EnrollmentType::user, mysql::enrollment_id_of(row.text(0))});
    state.user_short_name = row.text(1);
    state.user_long_name = row.text(2);
    return state;
}

} // namespace

std::optional<EnrollmentState> MySqlStorage::enrollment(const EnrollmentId& id) {
    return database_.run([&](Session& session) {
        auto state = completed(session, id);
        if (!state) state = authenticated(session, id);
        if (!state) state = announced(session, id);
        return state;
    });
}

EnrollmentMessages MySqlStorage::messages(const EnrollmentId& id) {
    return database_.run([&](Session& session) {
        if (auto messages = messages_of_device(session, id)) return *std::move(messages);
        return messages_of_user(session, id);
    });
}

} // namespace nanomdm::storage
