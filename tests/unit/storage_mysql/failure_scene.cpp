#include "unit/storage_mysql/failure_scene.hpp"

#include "support/process/child_process.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <thread>

namespace nanomdm::storage::mysql::test {
namespace {

using nanomdm::test::MariaDbServer;

class OneServer final : public testing::Environment {
public:
    void SetUp() override {
        // Commits are flushed: what is lost in these tests is meant to be lost by us, not by the settings.
        server_ = std::make_unique<MariaDbServer>();
    }
    void TearDown() override { server_.reset(); }
    [[nodiscard]] MariaDbServer& get() { return *server_; }

private:
    std::unique_ptr<MariaDbServer> server_;
};

auto* const environment = static_cast<OneServer*>(testing::AddGlobalTestEnvironment(new OneServer));

} // namespace

MariaDbServer& server() { return environment->get(); }

Endpoint endpoint_of(const MariaDbServer& server, const std::string& database) {
    Endpoint endpoint;
    endpoint.user = "nanomdm";
    endpoint.password = "secret";
    endpoint.port = server.port();
    endpoint.database = database;
    return endpoint;
}

Endpoint root_of(const MariaDbServer& server) {
    Endpoint endpoint;
    endpoint.user = "root";
    endpoint.socket = server.socket().string();
    return endpoint;
}

std::string value(Session& session, std::string_view sql) {
    auto rows = session.query(sql);
    return rows.next() ? rows.text(0) : std::string{};
}

std::vector<Observer::Waiting> Observer::waiting() {
    std::vector<Waiting> all;
    auto rows = session_.query("SELECT trx_mysql_thread_id, COALESCE(trx_query, '') FROM "
                               "information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' "
                               "ORDER BY trx_wait_started");
    while (rows.next()) all.push_back({rows.integer(0), rows.text(1)});
    return all;
}

Observer::Waiting Observer::first_waiting() {
    // innodb_trx is a copy that InnoDB renews only when nobody has looked at it for 100 ms: the counter says
    // when it is worth looking.
    constexpr auto somebody = "SELECT VARIABLE_VALUE > 0 FROM information_schema.GLOBAL_STATUS WHERE "
                              "VARIABLE_NAME = 'Innodb_row_lock_current_waits'";
    std::vector<Waiting> all;
    const auto found = [&] {
        if (value(session_, somebody) != "1") return false;
        all = waiting();
        if (all.empty()) std::this_thread::sleep_for(110ms);
        return !all.empty();
    };
    if (!nanomdm::test::eventually(found)) throw std::runtime_error{"nobody waits for a lock"};
    return all.front();
}

void Observer::kill(std::int64_t connection) { session_.run("KILL " + std::to_string(connection)); }

GlobalSetting::GlobalSetting(const MariaDbServer& server, const std::string& name, const std::string& value)
    : server_{server}, name_{name}, before_{server.sql("SELECT @@GLOBAL." + name)} {
    server_.sql("SET GLOBAL " + name + " = " + value);
}

GlobalSetting::~GlobalSetting() {
    try {
        server_.sql("SET GLOBAL " + name_ + " = " + before_);
    } catch (const std::exception& error) {
        ADD_FAILURE() << name_ << " stays changed: " << error.what();
    }
}

Errc errc_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code();
    } catch (const std::exception& error) {
        ADD_FAILURE() << "not an Error: " << error.what();
        return Errc::internal;
    }
    ADD_FAILURE() << "did not fail";
    return Errc::internal;
}

void in_parallel(int count, const std::function<void(int)>& work) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i)
        threads.emplace_back([&work, i] {
            try {
                work(i);
            } catch (const std::exception& error) {
                ADD_FAILURE() << "thread " << i << ": " << error.what();
            }
        });
}

} // namespace nanomdm::storage::mysql::test
