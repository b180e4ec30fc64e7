#include "unit/storage_mysql/nanomdm_schemas.hpp"

namespace nanomdm::storage::mysql::test {
namespace {

std::string from(int step, int version, const std::string& text) {
    return version >= step ? text : std::string{};
}
std::string before(int step, int version, const std::string& text) {
    return version < step ? text : std::string{};
}

const std::string times = "created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, "
                          "updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, ";
const std::string cascade = " ON DELETE CASCADE ON UPDATE CASCADE";

std::string devices(int version) {
    return "CREATE TABLE devices (id VARCHAR(255) NOT NULL, identity_cert TEXT NULL, "
           "serial_number VARCHAR(127) NULL, unlock_token MEDIUMBLOB NULL, unlock_token_at TIMESTAMP NULL, "
           "authenticate TEXT NOT NULL, authenticate_at TIMESTAMP NOT NULL, "
           "token_update TEXT NULL, token_update_at TIMESTAMP NULL, " +
           from(1, version, "bootstrap_token_b64 TEXT NULL, bootstrap_token_at TIMESTAMP NULL, ") + times +
           "PRIMARY KEY (id), INDEX (serial_number), "
           "CHECK (identity_cert IS NULL OR LEFT(identity_cert, 27) = '-----BEGIN CERTIFICATE-----'), "
           "CHECK (serial_number IS NULL OR serial_number <> ''), "
           "CHECK (unlock_token IS NULL OR LENGTH(unlock_token) > 0), CHECK (authenticate <> ''), " +
           from(1, version, "CHECK (bootstrap_token_b64 IS NULL OR bootstrap_token_b64 <> ''), ") +
           "CHECK (token_update IS NULL OR token_update <> ''));\n";
}

std::string users(int version) {
    return "CREATE TABLE users (id VARCHAR(255) NOT NULL, device_id VARCHAR(255) NOT NULL, "
           "user_short_name VARCHAR(255) NULL, user_long_name VARCHAR(255) NULL, "
           "token_update TEXT NULL, token_update_at TIMESTAMP NULL, " +
           from(2, version,
                "user_authenticate TEXT NULL, user_authenticate_at TIMESTAMP NULL, "
                "user_authenticate_digest TEXT NULL, user_authenticate_digest_at TIMESTAMP NULL, ") +
           times + "PRIMARY KEY (id, device_id), FOREIGN KEY (device_id) REFERENCES devices (id)" + cascade +
           ", CHECK (user_short_name IS NULL OR user_short_name <> ''), "
           "CHECK (user_long_name IS NULL OR user_long_name <> ''), " +
           from(2, version,
                "CHECK (user_authenticate IS NULL OR user_authenticate <> ''), "
                "CHECK (user_authenticate_digest IS NULL OR user_authenticate_digest <> ''), ") +
           "CHECK (token_update IS NULL OR token_update <> ''));\n";
}

std::string enrollments(int version) {
    return "CREATE TABLE enrollments (id VARCHAR(255) NOT NULL, device_id VARCHAR(255) NOT NULL, "
           "user_id VARCHAR(255) NULL, type VARCHAR(31) NOT NULL, topic VARCHAR(255) NOT NULL, "
           "push_magic VARCHAR(127) NOT NULL, token_hex VARCHAR(255) NOT NULL, enabled BOOLEAN NOT NULL "
           "DEFAULT 1, " +
           from(3, version, "token_update_tally INTEGER NOT NULL DEFAULT 1, ") +
           from(8, version, "last_seen_at TIMESTAMP NOT NULL, ") + times +
           "PRIMARY KEY (id), UNIQUE (user_id), INDEX (type), "
           "FOREIGN KEY (device_id) REFERENCES devices (id)" +
           cascade + ", " + before(11, version, "FOREIGN KEY (user_id) REFERENCES users (id)") +
           from(11, version, "FOREIGN KEY (user_id, device_id) REFERENCES users (id, device_id)") + cascade +
           ", CHECK (id <> ''), CHECK (type <> ''), CHECK (topic <> ''), CHECK (push_magic <> ''), "
           "CHECK (token_hex <> ''));\n";
}

std::string commands(int version) {
    return "CREATE TABLE commands (command_uuid VARCHAR(127) NOT NULL, request_type VARCHAR(63) NOT NULL, "
           "command " +
           std::string{version >= 6 ? "MEDIUMTEXT" : "TEXT"} + " NOT NULL, " + times +
           "PRIMARY KEY (command_uuid), CHECK (command_uuid <> ''), CHECK (request_type <> ''), "
           "CHECK (LEFT(command, 5) = '<?xml'));\n";
}

/// Step 5 widened the result and, by leaving NOT NULL out, made it nullable.
std::string command_results(int version) {
    return "CREATE TABLE command_results (id VARCHAR(255) NOT NULL, command_uuid VARCHAR(127) NOT NULL, "
           "status VARCHAR(31) NOT NULL, result " +
           std::string{version >= 5 ? "MEDIUMTEXT" : "TEXT NOT NULL"} + ", " +
           from(4, version, "not_now_at TIMESTAMP NULL, not_now_tally INTEGER NOT NULL DEFAULT 0, ") + times +
           "PRIMARY KEY (id, command_uuid), INDEX (status), FOREIGN KEY (id) REFERENCES enrollments (id)" +
           cascade + ", FOREIGN KEY (command_uuid) REFERENCES commands (command_uuid)" + cascade +
           ", CHECK (status <> ''), CHECK (LEFT(result, 5) = '<?xml'));\n";
}

std::string enrollment_queue(int version) {
    return "CREATE TABLE enrollment_queue (id VARCHAR(255) NOT NULL, command_uuid VARCHAR(127) NOT NULL, "
           "active BOOLEAN NOT NULL DEFAULT 1, priority TINYINT NOT NULL DEFAULT 0, " +
           times + "PRIMARY KEY (id, command_uuid), " +
           from(9, version, "INDEX (priority DESC, created_at), ") +
           from(10, version, "INDEX idx_queue_lookup (id, active, priority DESC, created_at), ") +
           "FOREIGN KEY (id) REFERENCES enrollments (id)" + cascade +
           ", FOREIGN KEY (command_uuid) REFERENCES commands (command_uuid)" + cascade + ");\n";
}

std::string others(int version) {
    return "CREATE OR REPLACE VIEW view_queue AS SELECT q.id, q.created_at, q.active, q.priority, "
           "c.command_uuid, "
           "c.request_type, c.command, r.updated_at AS result_updated_at, r.status, r.result "
           "FROM enrollment_queue q JOIN commands c ON q.command_uuid = c.command_uuid "
           "LEFT JOIN command_results r ON r.command_uuid = q.command_uuid AND r.id = q.id "
           "ORDER BY q.priority DESC, q.created_at;\n"
           "CREATE TABLE push_certs (topic VARCHAR(255) NOT NULL, cert_pem TEXT NOT NULL, key_pem TEXT NOT "
           "NULL, "
           "stale_token INTEGER NOT NULL, " +
           from(7, version, times) +
           "PRIMARY KEY (topic), CHECK (topic <> ''), "
           "CHECK (LEFT(cert_pem, 27) = '-----BEGIN CERTIFICATE-----'), CHECK (LEFT(key_pem, 5) = "
           "'-----'));\n"
           "CREATE TABLE cert_auth_associations (id VARCHAR(255) NOT NULL, sha256 CHAR(64) NOT NULL, " +
           times + "PRIMARY KEY (id, sha256), " + from(10, version, "INDEX idx_sha256 (sha256), ") +
           "CHECK (id <> ''), CHECK (sha256 <> ''));\n";
}

} // namespace

std::string nanomdm_tables(int version) {
    return devices(version) + users(version) + enrollments(version) + commands(version) +
           command_results(version) + enrollment_queue(version) + others(version);
}

std::string nanomdm_rows(int version) {
    return "INSERT INTO devices (id, identity_cert, serial_number, unlock_token, authenticate, "
           "authenticate_at, "
           "token_update) VALUES ('D1', '-----BEGIN CERTIFICATE-----\\nx', 'S1', x'00FF', "
           "'<?xml Bj\xC3\xB6rns Mac', '2024-01-01', '<?xml t1'), "
           "('D2', NULL, NULL, NULL, '<?xml a2', '2024-01-01', NULL);\n"
           "INSERT INTO users (id, device_id, user_short_name, token_update) VALUES ('U1', 'D1', "
           "'bj\xC3\xB6rn', "
           "'<?xml u1');\n"
           "INSERT INTO enrollments (id, device_id, user_id, type, topic, push_magic, token_hex, updated_at" +
           from(8, version, ", last_seen_at") + ") VALUES " +
           "('D1', 'D1', NULL, 'Device', 'T', 'm1', 'aa', '2024-02-01'" + from(8, version, ", '2024-02-01'") +
           "), ('D2', 'D2', NULL, 'Device', 'T', 'm2', 'bb', '2024-02-02'" +
           from(8, version, ", '2024-02-02'") +
           "), ('U1', 'D1', 'U1', 'User', 'T', 'm3', 'cc', '2024-02-03'" +
           from(8, version, ", '2024-02-03'") +
           ");\n"
           "INSERT INTO commands (command_uuid, request_type, command) VALUES ('a', 'X', '<?xml a'), "
           "('b', 'X', '<?xml b'), ('c', 'X', '<?xml c'), ('d', 'X', '<?xml d'), ('e', 'X', '<?xml e'), "
           "('f', 'X', '<?xml f'), ('g', 'X', '<?xml g');\n"
           // On D1: a cleared, b acknowledged, c deferred, f pending, all within one second and written in
           // another order; e urgent; d later; g earlier, and failed.
           "INSERT INTO enrollment_queue (id, command_uuid, active, priority, created_at, updated_at) VALUES "
           "('D1', 'f', 1, 0, '2024-03-01 00:00:02', '2024-03-02'), ('D1', 'b', 1, 0, '2024-03-01 00:00:02', "
           "'2024-03-02'), "
           "('D1', 'a', 0, 0, '2024-03-01 00:00:02', '2024-03-02'), ('D1', 'c', 1, 0, '2024-03-01 00:00:02', "
           "'2024-03-02'), "
           "('D1', 'd', 1, 0, '2024-03-01 00:00:03', '2024-03-02'), ('D1', 'e', 1, 9, '2024-03-01 00:00:09', "
           "'2024-03-02'), "
           "('D1', 'g', 1, 0, '2024-03-01 00:00:01', '2024-03-02'), ('U1', 'b', 1, 0, '2024-03-01', "
           "'2024-03-02'), "
           "('D2', 'b', 1, 0, '2024-03-01', '2024-03-02');\n"
           "INSERT INTO command_results (id, command_uuid, status, result) VALUES "
           "('D1', 'b', 'Acknowledged', '<?xml \xC3\xB6'), ('D1', 'c', 'NotNow', '<?xml rc'), "
           "('D1', 'g', 'Error', '<?xml rg');\n"
           "INSERT INTO push_certs (topic, cert_pem, key_pem, stale_token) VALUES "
           "('T', '-----BEGIN CERTIFICATE-----\\nx', '-----BEGIN', 3);\n"
           "INSERT INTO cert_auth_associations (id, sha256) VALUES ('D1', REPEAT('1', 64)), ('D1', "
           "REPEAT('2', 64)), "
           "('D2', REPEAT('2', 64)), ('D2', REPEAT('3', 64));\n";
}

} // namespace nanomdm::storage::mysql::test
