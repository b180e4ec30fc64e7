// The rows themselves: what NanoMDM reads in them, what it or somebody else may have written.
#include "unit/storage_mysql/store_scene.hpp"

namespace nanomdm::storage::mysql::test {
namespace {

using testing::Optional;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");

class StoredRows : public StoreTest {
protected:
    void enqueue(const std::string& uuid, const Enrollment& enrollment) {
        ASSERT_EQ(storage().enqueue(command(uuid), std::vector{enrollment.id}).at(0), EnqueueOutcome::queued);
    }
    [[nodiscard]] Errc errc_of(const std::function<void()>& work) {
        try {
            work();
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "did not fail";
        return Errc::internal;
    }
};

TEST_F(StoredRows, AreAsNanoMdmReadsThem) {
    enroll(mac);
    storage().store_token_update(token_update(anna));
    storage().store_bootstrap_token(set_bootstrap_token(mac, "escrowed"));
    EXPECT_EQ(value("SELECT CONCAT_WS('|', device_id, COALESCE(user_id, 'NULL'), type, token_hex, enabled, "
                    "token_update_tally) FROM enrollments WHERE id = 'A1B2'"),
              "A1B2|NULL|Device|" + token_update(mac).push.token.hex() + "|1|1");
    EXPECT_EQ(
        value("SELECT CONCAT_WS('|', e.device_id, e.user_id, e.type, u.user_short_name) FROM enrollments "
              "e JOIN users u ON u.id = e.user_id AND u.device_id = e.device_id WHERE e.id = 'A1B2:ANNA'"),
        "A1B2|A1B2:ANNA|User|short");
    EXPECT_EQ(value("SELECT bootstrap_token_b64 FROM devices WHERE id = 'A1B2'"), "ZXNjcm93ZWQ=");
    EXPECT_EQ(
        value("SELECT COUNT(*) FROM devices WHERE authenticate_at IS NULL OR token_update_at IS NULL OR "
              "created_at < UTC_TIMESTAMP() - INTERVAL 1 HOUR OR updated_at > UTC_TIMESTAMP()"),
        "0");
}

TEST_F(StoredRows, OfAFinishedCommandStayActiveAtAuthenticate) {
    enroll(mac);
    for (const auto* uuid : {"ours", "nanomdm's", "not now", "pending"}) enqueue(uuid, mac);
    storage().store_report(command_report(mac, "Acknowledged", "ours", "<r>"));
    storage().store_report(command_report(mac, "NotNow", "not now", "<r>"));
    session().run("INSERT INTO command_results (id, command_uuid, status, result) VALUES ('A1B2', "
                  "'nanomdm''s', 'Acknowledged', '<?xml')"); // which does not know of `done`
    storage().store_authenticate(authenticate(mac), "pem");
    EXPECT_EQ(
        value("SELECT GROUP_CONCAT(command_uuid ORDER BY command_uuid) FROM enrollment_queue WHERE active"),
        "nanomdm's,ours");
    EXPECT_TRUE(storage().store_report(command_report(mac, "Error", "nanomdm's", "<again>")));
}

TEST_F(StoredRows, OfAFinishedCommandAreNotReadAtAuthenticate) {
    enroll(mac);
    session().run("INSERT INTO commands (command_uuid, request_type, command) SELECT CONCAT('c', seq), 'T', "
                  "'<?xml' FROM seq_1_to_3000");
    session().run("INSERT INTO enrollment_queue (id, command_uuid, active, done, seq) SELECT 'A1B2', "
                  "CONCAT('c', seq), 1, seq <= 2990, seq FROM seq_1_to_3000");
    (void)value("ANALYZE TABLE enrollment_queue");
    const auto read = [&] { return status("Handler_read_next") + status("Handler_read_key"); };
    const auto before = read();
    storage().store_authenticate(authenticate(mac), "pem");
    EXPECT_LT(read() - before, 1000);
    EXPECT_EQ(value("SELECT COUNT(*) FROM enrollment_queue WHERE active"), "2990");
}

TEST_F(StoredRows, AnAuthenticateThatFailsHalfwayChangesNothing) {
    enroll(mac);
    enqueue("c", mac);
    auto impatient = options();
    impatient.patience = 1ms;
    MySqlStorage another{impatient};
    session().begin();
    ASSERT_TRUE(session().query("SELECT 1 FROM enrollment_queue WHERE id = 'A1B2' FOR UPDATE").next());
    auto message = authenticate(mac, "<second>");
    message.serial_number = SerialNumber{"SERIAL2"};
    EXPECT_EQ(errc_of([&] { another.store_authenticate(message, "second pem"); }), Errc::unavailable);
    session().rollback();

    EXPECT_EQ(storage().identity_pem(mac.id), "pem of A1B2");
    EXPECT_EQ(storage().enrollment(mac.id)->serial_number, "SERIAL1");
    EXPECT_TRUE(storage().enrollment(mac.id)->enabled);
    EXPECT_TRUE(storage().next_command(mac.id, NotNow::candidates));
}

TEST_F(StoredRows, WhatNoPacketHoldsIsRefusedAtOnce) {
    enroll(mac);
    const std::size_t largest = storage().largest_message();
    EXPECT_EQ(largest, std::stoul(value("SELECT @@max_allowed_packet")) - 65536);
    const auto lost = status("Aborted_clients");
    auto message = token_update(mac, std::string(largest / 2 + 1, 'x'), std::string(largest / 2, 'u'));
    EXPECT_EQ(errc_of([&] { storage().store_token_update(message); }), Errc::too_large);
    EXPECT_EQ(status("Aborted_clients"), lost);

    message.raw.pop_back();
    EXPECT_EQ(storage().store_token_update(message), 2);
    message = token_update(mac, std::string(largest, 'x'));
    EXPECT_EQ(storage().store_token_update(message), 3);
    storage().store_authenticate(authenticate(mac, std::string(largest, 'x')), std::string(20'000, 'p'));
}

TEST_F(StoredRows, OfAnUnknownTypeAreCorrupt) {
    enroll(mac);
    session().run("UPDATE enrollments SET type = 'Toaster'");
    EXPECT_EQ(errc_of([&] { (void)storage().enrollment(mac.id); }), Errc::corrupt);
    EXPECT_TRUE(storage().push_targets(std::vector{mac.id}).at(0)) << "its type does not matter there";
}

TEST_F(StoredRows, OneThatIsCorruptKeepsNoOtherFromBeingPushedTo) {
    const auto other = device("C3D4");
    for (const auto& one : {mac, other}) enroll(one);
    session().run("UPDATE enrollments SET token_hex = 'no hex' WHERE id = 'A1B2'");
    const auto targets = storage().push_targets(ids({mac, other}));
    EXPECT_FALSE(targets.at(0));
    EXPECT_TRUE(targets.at(1));
    EXPECT_EQ(errc_of([&] { (void)storage().enrollment(mac.id); }), Errc::corrupt);
}

TEST_F(StoredRows, TheTypeOfADeviceWithoutTokenUpdateComesFromItsMessage) {
    auto byod = authenticate(device("BYOD"), "<?xml?><plist><dict><key>EnrollmentID</key></dict></plist>");
    byod.enrollment.type = EnrollmentType::user_enrollment_device;
    storage().store_authenticate(byod, "pem");
    storage().store_authenticate(authenticate(mac, "<?xml?><plist><dict><key>UDID</key></dict></plist>"),
                                 "pem");
    EXPECT_EQ(storage().enrollment(byod.enrollment.id)->enrollment, byod.enrollment);
    EXPECT_EQ(storage().enrollment(mac.id)->enrollment, mac);
}

TEST_F(StoredRows, AUserChannelIsThereBeforeItsTokenUpdate) {
    enroll(mac);
    storage().store_user_authenticate(user_authenticate(anna, "<first>", ""));
    const auto state = storage().enrollment(anna.id);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->enrollment, anna);
    EXPECT_FALSE(state->enabled);
    EXPECT_FALSE(state->push);
}

TEST_F(StoredRows, BlankNamesAreNone) {
    auto message = authenticate(mac);
    message.serial_number = SerialNumber{"  "};
    storage().store_authenticate(message, "pem");
    auto update = token_update(anna);
    update.user_short_name = UserName{" "};
    EXPECT_EQ(storage().store_token_update(update), 1);
    EXPECT_EQ(storage().enrollment(anna.id)->user_short_name, "");
    storage().store_token_update(token_update(mac));
    EXPECT_EQ(storage().enrollment(mac.id)->serial_number, "");
}

TEST_F(StoredRows, TheVersionOfAPushCertificateIsNanoMdmsStaleToken) {
    const Topic topic{"com.apple.mgmt.one"};
    storage().store_push_certificate({topic, "remarks\n-----BEGIN CERTIFICATE-----", "key"});
    storage().store_push_certificate({topic, "-----BEGIN CERTIFICATE-----\nMII", "-----BEGIN KEY-----"});
    EXPECT_EQ(value("SELECT CONCAT(stale_token, cert_pem, key_pem) FROM push_certs"),
              "1-----BEGIN CERTIFICATE-----\nMII-----BEGIN KEY-----");
    session().run("UPDATE push_certs SET stale_token = 7");
    EXPECT_THAT(storage().push_certificate_version(topic), Optional(7U));
}

TEST_F(StoredRows, NormalTrafficDoesNotDeadlock) {
    const auto deadlocks = status("Innodb_deadlocks");
    constexpr int threads = 8;
    const std::vector<Enrollment> macs{device("M1"), device("M2"), device("M3")};
    for (const auto& one : macs) enroll(one);
    in_parallel(threads, [&](int thread) {
        const auto& own = macs[static_cast<std::size_t>(thread) % macs.size()];
        const auto user = user_of(own, "U");
        for (int i = 0; i < 40; ++i) {
            const auto one = command(std::to_string(thread) + "-" + std::to_string(i));
            switch (thread) {
            case 0:
            case 1:
                storage().store_authenticate(authenticate(own), "pem");
                storage().store_token_update(token_update(own));
                break;
            case 2:
            case 3:
                storage().store_token_update(token_update(user));
                storage().store_user_authenticate(user_authenticate(user, "<u>", ""));
                break;
            case 4:
            case 5:
                storage().enqueue(one, ids({macs[2], macs[0], macs[1], user}));
                storage().store_token_update(token_update(own));
                break;
            default: // of a device that does not enroll at the same moment
                if (const auto next = storage().next_command(macs[2].id, NotNow::candidates))
                    storage().store_report(command_report(macs[2], "Acknowledged", next->uuid.str(), "<r>"));
                storage().touch_last_seen(own);
                storage().claim_certificate(own.id, certificate_hash(static_cast<unsigned>(i)),
                                            ClaimRule::unknown_certificate);
            }
        }
    });
    EXPECT_EQ(status("Innodb_deadlocks"), deadlocks) << server().sql("SHOW ENGINE INNODB STATUS");
}

} // namespace
} // namespace nanomdm::storage::mysql::test
