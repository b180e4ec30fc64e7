// Looking at enrollments.
#include "storage/mysql/enrollment_columns.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/row_key.hpp"
#include "storage/mysql/text_columns.hpp"

namespace nanomdm::storage {
namespace {

using mysql::bytes_of;
using mysql::RowKey;
using mysql::Session;

/// The serial number is the device's own: that of a user channel's device does not show.
const std::string& select_enrollment() {
    static const std::string sql = "SELECT e.device_id, e.user_id IS NOT NULL, d.serial_number, "
                                   "u.user_short_name, u.user_long_name, " +
                                   std::string{mysql::enrollment_columns} + R"(
FROM enrollments e
LEFT JOIN devices d ON d.id = e.id
LEFT JOIN users u ON u.id = e.user_id AND u.device_id = e.device_id
WHERE e.id = ?)";
    return sql;
}

/// A device without a TokenUpdate.
const std::string& select_authenticated() {
    static const std::string sql =
        "SELECT serial_number, " + mysql::is_user_enrollment("authenticate") + " FROM devices WHERE id = ?";
    return sql;
}

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

std::optional<EnrollmentState> completed(Session& session, const EnrollmentId& id) {
    auto row = session.query(select_enrollment(), {RowKey{id}});
    if (!row.next()) return std::nullopt;
    EnrollmentState state = mysql::incomplete({id, EnrollmentType::device, std::nullopt});
    if (row.integer(1) != 0) state.enrollment.parent = mysql::enrollment_id_of(row.text(0));
    state.serial_number = row.text(2);
    state.user_short_name = row.text(3);
    state.user_long_name = row.text(4);
    mysql::read_enrollment(row, 5, state);
    return state;
}

std::optional<EnrollmentState> authenticated(Session& session, const EnrollmentId& id) {
    auto row = session.query(select_authenticated(), {RowKey{id}});
    if (!row.next()) return std::nullopt;
    const auto type = row.integer(1) != 0 ? EnrollmentType::user_enrollment_device : EnrollmentType::device;
    EnrollmentState state = mysql::incomplete({id, type, std::nullopt});
    state.serial_number = row.text(0);
    return state;
}

std::optional<EnrollmentState> announced(Session& session, const EnrollmentId& id) {
    auto row = session.query(select_announced, {RowKey{id}});
    if (!row.next()) return std::nullopt;
    EnrollmentState state =
        mysql::incomplete({id, EnrollmentType::user, mysql::enrollment_id_of(row.text(0))});
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
