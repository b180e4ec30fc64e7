// What a page of the fleet costs the database, counted by the server itself.
#include "unit/storage_mysql/queue_scene.hpp"

namespace nanomdm::storage::mysql::test {
namespace {

class FleetCost : public QueueScene {
protected:
    /// Devices D00001 … D05000, each with a user A.
    FleetCost() {
        session().run("INSERT INTO devices (id, authenticate) "
                      "SELECT CONCAT('D', LPAD(seq, 5, '0')), '<?xml' FROM seq_1_to_5000");
        session().run("INSERT INTO users (id, device_id) SELECT CONCAT(id, ':A'), id FROM devices");
        session().run("INSERT INTO enrollments (id, device_id, type, topic, push_magic, token_hex) "
                      "SELECT id, id, 'Device', 't', 'm', '00' FROM devices");
        session().run("INSERT INTO enrollments (id, device_id, user_id, type, topic, push_magic, token_hex) "
                      "SELECT id, device_id, id, 'User', 't', 'm', '00' FROM users");
        (void)session().query("ANALYZE TABLE devices, users, enrollments");
    }
    std::int64_t rows_read(const std::function<void()>& work) {
        work(); // prepares
        return rise("'Handler_read_key', 'Handler_read_next', 'Handler_read_prev', 'Handler_read_rnd', "
                    "'Handler_read_rnd_next', 'Handler_read_first'",
                    work);
    }
};

TEST_F(FleetCost, APageReadsItsOwnRowsWhereverItBegins) {
    const auto page = [&](const char* after, std::size_t limit) {
        return rows_read(
            [&] { EXPECT_EQ(storage().devices_after(EnrollmentId{after}, limit).size(), limit); });
    };
    const auto early = page("D00001", 10);
    EXPECT_LE(early, 30) << "ten devices and their ten enrollments";
    EXPECT_EQ(page("D04900", 10), early);
    EXPECT_LE(page("D00001", 1000), 3000);
}

TEST_F(FleetCost, TheUsersOfADeviceAreFoundByIndex) {
    EXPECT_LE(rows_read([&] { EXPECT_EQ(storage().user_channels(EnrollmentId{"D02500"}).size(), 1U); }), 20);
}

} // namespace
} // namespace nanomdm::storage::mysql::test
