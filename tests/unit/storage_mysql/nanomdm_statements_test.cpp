// An operator can go back: statements of the shape of NanoMDM's work on the migrated database. Where it says
// `VALUES (…) AS new`, which MariaDB does not parse, these say VALUES(column).
#include "nanomdm/error.hpp"
#include "storage/mysql/session.hpp"
#include "unit/storage_mysql/schema_scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::storage::mysql::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// On a new database, and on one that was NanoMDM's.
class NanoMdmStatements : public testing::TestWithParam<bool> {
protected:
    NanoMdmStatements() {
        if (GetParam()) {
            scene_.make_nanomdm(10);
            scene_.sql("DELETE FROM devices; DELETE FROM commands; DELETE FROM cert_auth_associations; "
                       "DELETE FROM push_certs");
        }
        scene_.migrate();
    }

    void enroll(const std::string& device) {
        session_.execute(
            "INSERT INTO devices (id, identity_cert, serial_number, authenticate, authenticate_at) "
            "VALUES (?, ?, ?, ?, CURRENT_TIMESTAMP) ON DUPLICATE KEY UPDATE "
            "identity_cert = VALUES(identity_cert), serial_number = VALUES(serial_number), "
            "bootstrap_token_b64 = NULL, bootstrap_token_at = NULL, "
            "authenticate = VALUES(authenticate), authenticate_at = CURRENT_TIMESTAMP",
            {device, "-----BEGIN CERTIFICATE-----", nullptr, "<?xml a"});
        session_.execute("UPDATE devices SET token_update = ?, token_update_at = CURRENT_TIMESTAMP, "
                         "unlock_token = ?, unlock_token_at = CURRENT_TIMESTAMP WHERE id = ? LIMIT 1",
                         {"<?xml t", "unlock", device});
        store_enrollment(device, device, nullptr, "Device");
    }
    void store_enrollment(const std::string& id, const std::string& device, Parameter user,
                          const char* type) {
        session_.execute(
            "INSERT INTO enrollments (id, device_id, user_id, type, topic, push_magic, token_hex, "
            "last_seen_at, token_update_tally) VALUES (?, ?, ?, ?, ?, ?, ?, CURRENT_TIMESTAMP, 1) "
            "ON DUPLICATE KEY UPDATE device_id = VALUES(device_id), user_id = VALUES(user_id), "
            "type = VALUES(type), topic = VALUES(topic), push_magic = VALUES(push_magic), "
            "token_hex = VALUES(token_hex), enabled = 1, last_seen_at = CURRENT_TIMESTAMP, "
            "enrollments.token_update_tally = enrollments.token_update_tally + 1",
            {id, device, user, type, "topic", "magic", "aa"});
    }
    void enqueue(const std::string& device, const std::string& uuid) {
        session_.execute("INSERT INTO commands (command_uuid, request_type, command) VALUES (?, ?, ?)",
                         {uuid, "DeviceInformation", "<?xml c"});
        session_.execute("INSERT INTO enrollment_queue (id, command_uuid) VALUES (?, ?)", {device, uuid});
    }
    void report(const std::string& device, const std::string& uuid, const char* status) {
        session_.execute("INSERT INTO command_results (id, command_uuid, status, result) VALUES (?, ?, ?, ?) "
                         "ON DUPLICATE KEY UPDATE status = VALUES(status), result = VALUES(result)",
                         {device, uuid, status, "<?xml r"});
    }
    void report_not_now(const std::string& device, const std::string& uuid) {
        session_.execute(
            "INSERT INTO command_results (id, command_uuid, status, result, not_now_at, not_now_tally) "
            "VALUES (?, ?, 'NotNow', ?, CURRENT_TIMESTAMP, 1) ON DUPLICATE KEY UPDATE "
            "status = VALUES(status), result = VALUES(result), "
            "command_results.not_now_tally = command_results.not_now_tally + 1",
            {device, uuid, "<?xml n"});
    }
    std::string next(const std::string& device, bool with_not_now) {
        auto rows =
            session_.query("SELECT c.command_uuid, c.request_type, c.command FROM enrollment_queue AS q "
                           "INNER JOIN commands AS c ON q.command_uuid = c.command_uuid "
                           "LEFT JOIN command_results r ON r.command_uuid = q.command_uuid AND r.id = q.id "
                           "WHERE q.id = ? AND q.active = 1 AND (r.status IS NULL OR (r.status = 'NotNow' "
                           "AND CAST(? AS SIGNED))) "
                           "ORDER BY q.priority DESC, q.created_at LIMIT 1",
                           {device, std::int64_t{with_not_now}});
        return rows.next() ? rows.text(0) : "none";
    }

    SchemaScene scene_;
    Session session_{scene_.endpoint()};
};

INSTANTIATE_TEST_SUITE_P(Databases, NanoMdmStatements, testing::Bool(),
                         [](const auto& database) { return database.param ? "TakenOver" : "New"; });

TEST_P(NanoMdmStatements, EnrollAndDisable) {
    enroll("D");
    enroll("D");
    session_.execute("INSERT INTO users (id, device_id, user_short_name, user_long_name, token_update, "
                     "token_update_at) VALUES (?, ?, ?, ?, ?, CURRENT_TIMESTAMP) ON DUPLICATE KEY UPDATE "
                     "device_id = VALUES(device_id), user_short_name = VALUES(user_short_name), "
                     "user_long_name = VALUES(user_long_name), token_update = VALUES(token_update), "
                     "token_update_at = CURRENT_TIMESTAMP",
                     {"U", "D", "short", nullptr, "<?xml u"});
    session_.execute(
        "INSERT INTO users (id, device_id, user_short_name, user_long_name, user_authenticate_digest, "
        "user_authenticate_digest_at) VALUES (?, ?, ?, ?, ?, CURRENT_TIMESTAMP) "
        "ON DUPLICATE KEY UPDATE user_authenticate_digest = VALUES(user_authenticate_digest), "
        "user_authenticate_digest_at = VALUES(user_authenticate_digest_at)",
        {"U", "D", "short", nullptr, "<?xml d"});
    store_enrollment("U", "D", "U", "User");
    EXPECT_THAT(scene_.rows("SELECT id, enabled, token_update_tally FROM enrollments ORDER BY id"),
                ElementsAre("D 1 2", "U 1 1"));
    session_.execute("UPDATE devices SET bootstrap_token_b64 = ?, bootstrap_token_at = CURRENT_TIMESTAMP "
                     "WHERE id = ? LIMIT 1",
                     {"dG9rZW4=", "D"});
    session_.execute(
        "UPDATE enrollments SET enabled = 0, token_update_tally = 0, last_seen_at = CURRENT_TIMESTAMP "
        "WHERE device_id = ? AND enabled = 1",
        {"D"});
    EXPECT_THAT(scene_.rows("SELECT id, enabled, token_update_tally FROM enrollments ORDER BY id"),
                ElementsAre("D 0 0", "U 0 0"));
    session_.execute("DELETE FROM devices WHERE id = 'D'");
    EXPECT_THAT(scene_.rows("SELECT id FROM enrollments UNION SELECT id FROM users"), IsEmpty());
}

TEST_P(NanoMdmStatements, QueueDeliverReportAndClear) {
    enroll("D");
    for (const auto* uuid : {"c1", "c2", "c3"}) enqueue("D", uuid);
    session_.execute(
        "UPDATE enrollment_queue SET created_at = '2024-01-01' + INTERVAL RIGHT(command_uuid, 1) SECOND");
    EXPECT_THAT(scene_.rows("SELECT command_uuid, seq, done FROM enrollment_queue ORDER BY 1"),
                ElementsAre("c1 0 0", "c2 0 0", "c3 0 0"));
    EXPECT_EQ(next("D", true), "c1");
    report_not_now("D", "c1");
    report_not_now("D", "c1");
    EXPECT_EQ(next("D", true), "c1");
    EXPECT_EQ(next("D", false), "c2");
    report("D", "c2", "Acknowledged");
    report("D", "c1", "Error");
    EXPECT_EQ(next("D", true), "c3");
    EXPECT_THAT(scene_.rows("SELECT command_uuid, request_type, command, active, priority, status, result "
                            "FROM view_queue WHERE id = 'D'"),
                ElementsAre("c1 DeviceInformation <?xml c 1 0 Error <?xml r",
                            "c2 DeviceInformation <?xml c 1 0 Acknowledged <?xml r",
                            "c3 DeviceInformation <?xml c 1 0 NULL NULL"));
    session_.execute("UPDATE enrollment_queue AS q INNER JOIN enrollments AS e ON q.id = e.id "
                     "INNER JOIN commands AS c ON q.command_uuid = c.command_uuid "
                     "LEFT JOIN command_results r ON r.command_uuid = q.command_uuid AND r.id = q.id "
                     "SET q.active = 0 WHERE e.device_id = ? AND active = 1 "
                     "AND (r.status IS NULL OR r.status = 'NotNow')",
                     {"D"});
    EXPECT_EQ(next("D", true), "none");
    session_.execute("DELETE FROM enrollment_queue WHERE id = ? AND command_uuid = ?", {"D", "c1"});
    session_.execute("DELETE FROM command_results WHERE id = ? AND command_uuid = ?", {"D", "c1"});
    session_.execute("DELETE FROM commands WHERE command_uuid = ?", {"c1"});
}

TEST_P(NanoMdmStatements, PushCertificatesAndAssociations) {
    for (int i = 0; i < 2; ++i)
        session_.execute("INSERT INTO push_certs (topic, cert_pem, key_pem, stale_token) VALUES (?, ?, ?, 0) "
                         "ON DUPLICATE KEY UPDATE cert_pem = VALUES(cert_pem), key_pem = VALUES(key_pem), "
                         "push_certs.stale_token = push_certs.stale_token + 1",
                         {"topic", "-----BEGIN CERTIFICATE-----", "-----BEGIN KEY-----"});
    EXPECT_THAT(scene_.rows("SELECT topic, stale_token FROM push_certs"), ElementsAre("topic 1"));
    const std::string hash(64, 'a');
    for (const auto* id : {"D1", "D2", "D2"})
        session_.execute("INSERT INTO cert_auth_associations (id, sha256) VALUES (?, ?) "
                         "ON DUPLICATE KEY UPDATE sha256 = VALUES(sha256)",
                         {id, hash});
    EXPECT_THAT(scene_.rows("SELECT COUNT(*) FROM cert_auth_associations WHERE sha256 = REPEAT('a', 64)"),
                ElementsAre("2"));
}

TEST_P(NanoMdmStatements, ChecksStillRefuseWhatTheyRefused) {
    enroll("D");
    EXPECT_THROW(session_.run("UPDATE devices SET serial_number = ''"), Error);
    EXPECT_THROW(session_.run("UPDATE devices SET identity_cert = 'x'"), Error);
    EXPECT_THROW(session_.run("UPDATE devices SET bootstrap_token_b64 = ''"), Error);
    EXPECT_THROW(
        session_.run("INSERT INTO commands (command_uuid, request_type, command) VALUES ('c', 'X', 'x')"),
        Error);
}

} // namespace
} // namespace nanomdm::storage::mysql::test
