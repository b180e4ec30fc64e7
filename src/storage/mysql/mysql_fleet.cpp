// Walking through all enrollments, by primary key from where the page before ended.
#include "storage/mysql/enrollment_columns.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/row_key.hpp"

namespace nanomdm::storage {
namespace {

using mysql::RowKey;
using mysql::Session;

/// The messages are large: what a device is is read from them only where no other row says it.
const std::string& select_devices() {
    static const std::string sql = "SELECT d.id, d.serial_number, e.id IS NULL, " +
                                   mysql::is_user_enrollment("IF(e.id IS NULL, d.authenticate, '')") + ", " +
                                   std::string{mysql::enrollment_columns} + R"(
FROM devices d FORCE INDEX (PRIMARY) LEFT JOIN enrollments e ON e.id = d.id
WHERE d.id > ? ORDER BY d.id LIMIT ?)";
    return sql;
}

const std::string& select_users() {
    static const std::string sql = "SELECT u.id, u.user_short_name, u.user_long_name, e.id IS NULL, " +
                                   std::string{mysql::enrollment_columns} + R"(
FROM users u LEFT JOIN enrollments e ON e.user_id = u.id AND e.device_id = u.device_id
WHERE u.device_id = ? ORDER BY u.id)";
    return sql;
}

} // namespace

std::vector<EnrollmentState> MySqlStorage::devices_after(const std::optional<EnrollmentId>& after,
                                                         std::size_t limit) {
    const std::optional<RowKey> key = after ? std::optional<RowKey>{*after} : std::nullopt;
    const mysql::Parameter from = key ? mysql::Parameter{*key} : mysql::Parameter{std::string_view{}};
    return database_.run([&](Session& session) {
        auto row = session.query(select_devices(), {from, static_cast<std::int64_t>(limit)});
        std::vector<EnrollmentState> page;
        while (row.next()) {
            const bool is_bare = row.integer(2) != 0;
            const auto type =
                row.integer(3) != 0 ? EnrollmentType::user_enrollment_device : EnrollmentType::device;
            auto& state = page.emplace_back(
                mysql::incomplete({mysql::enrollment_id_of(row.text(0)), type, std::nullopt}));
            state.serial_number = row.text(1);
            if (!is_bare) mysql::read_enrollment(row, 4, state);
        }
        return page;
    });
}

std::vector<EnrollmentState> MySqlStorage::user_channels(const EnrollmentId& device) {
    return database_.run([&](Session& session) {
        auto row = session.query(select_users(), {RowKey{device}});
        std::vector<EnrollmentState> channels;
        while (row.next()) {
            // Only Macs send UserAuthenticate before they have a TokenUpdate.
            auto& state = channels.emplace_back(
                mysql::incomplete({mysql::enrollment_id_of(row.text(0)), EnrollmentType::user, device}));
            state.user_short_name = row.text(1);
            state.user_long_name = row.text(2);
            if (row.integer(3) == 0) mysql::read_enrollment(row, 4, state);
        }
        return channels;
    });
}

} // namespace nanomdm::storage
