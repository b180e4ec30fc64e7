// Last seen: written behind, waiting for nobody, never backwards, not lost at the end.
#include "unit/storage_mysql/store_scene.hpp"

#include "support/database/migrated_database.hpp"
#include "support/process/child_process.hpp"

namespace nanomdm::storage::mysql::test {
namespace {

using nanomdm::test::eventually;

const Enrollment mac = device("A1B2");
const Enrollment other_mac = device("C3D4");

class LastSeen : public StoreTest {
protected:
    LastSeen() {
        for (const auto& one : {mac, other_mac}) enroll(one);
        set_all("2020-01-01 00:00:00");
    }

    void set_all(const std::string& time) {
        session().run("UPDATE enrollments SET last_seen_at = '" + time + "'");
    }
    bool is(const Enrollment& enrollment, const std::string& time) {
        return value("SELECT last_seen_at FROM enrollments WHERE id = '" + enrollment.id.str() + "'") == time;
    }
    bool is_now(const Enrollment& enrollment) {
        return value("SELECT last_seen_at > UTC_TIMESTAMP() - INTERVAL 1 MINUTE AND last_seen_at <= "
                     "UTC_TIMESTAMP() FROM enrollments WHERE id = '" +
                     enrollment.id.str() + "'") == "1";
    }
};

TEST_F(LastSeen, IsWrittenSoon) {
    storage().touch_last_seen(mac);
    EXPECT_TRUE(eventually([&] { return is_now(mac); }));
    EXPECT_TRUE(is(other_mac, "2020-01-01 00:00:00"));
}

TEST_F(LastSeen, OfManyAtOnce) {
    session().begin();
    for (int i = 0; i < 450; ++i) {
        const auto id = "mac-" + std::to_string(i);
        session().execute("INSERT INTO devices (id, authenticate) VALUES (?, '<a>')", {std::string_view{id}});
        session().execute("INSERT INTO enrollments (id, device_id, type, topic, push_magic, token_hex, "
                          "last_seen_at) VALUES (?, ?, 'Device', 't', 'm', 'aa', '2020-01-01')",
                          {std::string_view{id}, std::string_view{id}});
    }
    session().commit();
    for (int i = 0; i < 450; ++i) storage().touch_last_seen(device("mac-" + std::to_string(i)));
    EXPECT_TRUE(eventually([&] {
        return value("SELECT COUNT(*) FROM enrollments WHERE last_seen_at > '2020-01-01'") == "450";
    }));
}

TEST_F(LastSeen, RowsLockedByOthersAreLeftForLater) {
    const auto waits = status("Innodb_row_lock_waits");
    session().begin();
    ASSERT_TRUE(session().query("SELECT 1 FROM enrollments WHERE id = 'A1B2' FOR UPDATE").next());
    for (const auto& one : {mac, other_mac}) storage().touch_last_seen(one);
    EXPECT_TRUE(eventually([&] { return is_now(other_mac); }));
    EXPECT_EQ(status("Innodb_row_lock_waits"), waits) << "it waited";
    EXPECT_FALSE(is_now(mac));

    session().rollback();
    storage().touch_last_seen(mac);
    EXPECT_TRUE(eventually([&] { return is_now(mac); }));
}

TEST_F(LastSeen, NeverGoesBackwards) {
    set_all("2037-12-31 00:00:00");
    session().run("UPDATE enrollments SET last_seen_at = '2020-01-01' WHERE id = 'C3D4'");
    for (const auto& one : {mac, other_mac}) storage().touch_last_seen(one); // written by one statement
    EXPECT_TRUE(eventually([&] { return is_now(other_mac); }));
    EXPECT_TRUE(is(mac, "2037-12-31 00:00:00"));
}

TEST_F(LastSeen, WhatWaitsIsWrittenAtTheEnd) {
    auto patient = options();
    patient.last_seen_interval = 1h;
    open_storage(patient);
    storage().touch_last_seen(mac);
    close_storage();
    EXPECT_TRUE(is_now(mac));
}

TEST_F(LastSeen, IsKeptWhileTheDatabaseIsAway) {
    storage().touch_last_seen(other_mac); // the writer's connection is open
    ASSERT_TRUE(eventually([&] { return is_now(other_mac); }));
    server().stop();
    storage().touch_last_seen(mac);
    server().start();
    auto endpoint = nanomdm::test::root_endpoint(server());
    endpoint.database = options().endpoint.database;
    Session fresh{endpoint};
    EXPECT_TRUE(eventually([&] {
        return fresh.query("SELECT 1 FROM enrollments WHERE id = 'A1B2' AND last_seen_at > '2020-01-01'")
            .next();
    }));
}

TEST_F(LastSeen, TheEndIsNotHeldUpByADatabaseThatIsAway) {
    server().stop();
    storage().touch_last_seen(mac);
    close_storage(); // would wait for ever, or throw
    server().start();
}

} // namespace
} // namespace nanomdm::storage::mysql::test
