#include "unit/storage_mysql/failure_scene.hpp"

#include "support/process/child_process.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

namespace nanomdm::storage::mysql::test {
namespace {

using nanomdm::test::MariaDbServer;
using nanomdm::test::MigratedDatabase;

class OneServer final : public testing::Environment {
public:
    void SetUp() override {
        // Commits are flushed: what is lost in these tests is meant to be lost by us, not by the settings.
        server_ = std::make_unique<MariaDbServer>();
    }
    void TearDown() override {
        tables_.reset();
        server_.reset();
    }
    [[nodiscard]] MariaDbServer& get() { return *server_; }
    [[nodiscard]] const MigratedDatabase& empty_tables() {
        if (tables_)
            tables_->empty();
        else
            tables_.emplace(*server_, "failures");
        return *tables_;
    }

private:
    std::unique_ptr<MariaDbServer> server_;
    std::optional<MigratedDatabase> tables_;
};

auto* const environment = static_cast<OneServer*>(testing::AddGlobalTestEnvironment(new OneServer));

} // namespace

MariaDbServer& server() { return environment->get(); }

const nanomdm::test::MigratedDatabase& empty_tables() { return environment->empty_tables(); }

std::string value(Session& session, std::string_view sql) {
    auto rows = session.query(sql);
    return rows.next() ? rows.text(0) : std::string{};
}

Observer::Waiting Observer::first_waiting() {
    // Not innodb_trx, which would name it: InnoDB shows a copy that is 100 ms old or more.
    constexpr auto somebody = "SELECT VARIABLE_VALUE > 0 FROM information_schema.GLOBAL_STATUS WHERE "
                              "VARIABLE_NAME = 'Innodb_row_lock_current_waits'";
    constexpr auto busy = "SELECT id, COALESCE(info, '') FROM information_schema.processlist WHERE "
                          "user = 'nanomdm' AND command IN ('Query', 'Execute')";
    std::optional<Waiting> found;
    const auto look = [&] {
        if (value(session_, somebody) != "1") return false;
        auto rows = session_.query(busy);
        if (!rows.next()) return false;
        found = Waiting{rows.integer(0), rows.text(1)};
        return !rows.next(); // one of two may be something in the background, soon done
    };
    if (!nanomdm::test::eventually(look)) throw std::runtime_error{"nobody waits for a lock"};
    return *found;
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
