#include "unit/storage_mysql/queue_scene.hpp"

#include "support/database/migrated_database.hpp"
#include "support/process/child_process.hpp"

#include <optional>
#include <stdexcept>
#include <thread>

namespace nanomdm::storage::mysql::test {
namespace {

using nanomdm::test::MariaDbServer;
using nanomdm::test::MigratedDatabase;

class OneDatabase final : public testing::Environment {
public:
    void SetUp() override {
        MariaDbServer::Options options;
        options.durability =
            nanomdm::test::Durability::relaxed; // what a crash may take is not the subject here
        options.buffer_pool = "256M";
        server_.emplace(options);
        database_.emplace(*server_, "queue");
    }
    void TearDown() override {
        database_.reset();
        server_.reset();
    }
    [[nodiscard]] MigratedDatabase& get() { return *database_; }

private:
    std::optional<MariaDbServer> server_;
    std::optional<MigratedDatabase> database_;
};

auto* const environment = static_cast<OneDatabase*>(testing::AddGlobalTestEnvironment(new OneDatabase));

} // namespace

QueueScene::QueueScene(const std::function<void(MySqlOptions&)>& change) {
    const auto& database = environment->get();
    database.empty();
    session_ = std::make_unique<Session>(database.options().endpoint);
    // The background's first round finds nothing, and its next one is an hour away: from here on, only the
    // test does anything.
    bool deletes = false;
    const auto counter = [this] { return statements_ever(); };
    const auto before = counter();
    storage_ = another_storage([&](MySqlOptions& options) {
        if (change) change(options);
        deletes = options.delete_finished;
    });
    std::int64_t looks = 0; // each costs a statement
    if (!nanomdm::test::eventually([&] { return counter() - before > ++looks + (deletes ? 1 : 0); }))
        throw std::runtime_error{"the queues' upkeep does not work"};
}

std::unique_ptr<MySqlStorage> QueueScene::another_storage(const std::function<void(MySqlOptions&)>& change) {
    auto options = environment->get().options();
    options.patience = std::chrono::seconds{30};
    if (change) change(options);
    return std::make_unique<MySqlStorage>(options);
}

Endpoint QueueScene::endpoint() { return environment->get().options().endpoint; }

std::int64_t QueueScene::number(const std::string& query) {
    auto rows = session_->query(query);
    if (!rows.next()) throw std::runtime_error{"no row: " + query};
    return rows.integer(0);
}

void QueueScene::enroll(const Enrollment& device) {
    storage_->store_authenticate(contract::authenticate(device), "");
    storage_->store_token_update(contract::token_update(device));
}

EnqueueOutcome QueueScene::enqueue(const Command& command, const Enrollment& enrollment) {
    return storage_->enqueue(command, std::vector{enrollment.id}).at(0);
}

bool QueueScene::report(const Enrollment& enrollment, const std::string& uuid, const std::string& status) {
    return storage_->store_report(contract::command_report(enrollment, status, uuid, "<?xml report"));
}

std::string QueueScene::next(const Enrollment& enrollment, NotNow not_now) {
    const auto command = storage_->next_command(enrollment.id, not_now);
    return command ? command->uuid.str() : "";
}

std::vector<std::string> QueueScene::drain(const Enrollment& enrollment) {
    return drain(*storage_, enrollment);
}

std::vector<std::string> QueueScene::drain(MySqlStorage& storage, const Enrollment& enrollment) {
    std::vector<std::string> delivered;
    while (const auto command = storage.next_command(enrollment.id, NotNow::candidates)) {
        delivered.push_back(command->uuid.str());
        if (!storage.store_report(
                contract::command_report(enrollment, "Acknowledged", command->uuid.str(), "<?xml report")))
            throw std::runtime_error{command->uuid.str() + " was delivered and its report is unknown"};
    }
    return delivered;
}

void QueueScene::nanomdm_enqueues(const std::string& uuid, const Enrollment& enrollment, int priority,
                                  const std::string& created_at) {
    session_->execute("INSERT IGNORE INTO commands (command_uuid, request_type, command) VALUES (?, ?, ?)",
                      {std::string_view{uuid}, std::string_view{"ProfileList"}, std::string_view{"<?xml c"}});
    session_->execute("INSERT INTO enrollment_queue (id, command_uuid) VALUES (?, ?)",
                      {std::string_view{enrollment.id.str()}, std::string_view{uuid}});
    session_->execute("UPDATE enrollment_queue SET priority = ?, created_at = ? WHERE id = ? AND"
                      " command_uuid = ?",
                      {std::int64_t{priority}, std::string_view{created_at},
                       std::string_view{enrollment.id.str()}, std::string_view{uuid}});
}

void QueueScene::nanomdm_stores(const std::string& uuid, const Enrollment& enrollment,
                                const std::string& status) {
    session_->execute("INSERT INTO command_results (id, command_uuid, status, result) VALUES (?, ?, ?, ?)"
                      " ON DUPLICATE KEY UPDATE status = VALUES(status), result = VALUES(result)",
                      {std::string_view{enrollment.id.str()}, std::string_view{uuid},
                       std::string_view{status}, std::string_view{"<?xml r"}});
}

void QueueScene::add_history(const Enrollment& enrollment, const std::string& prefix, int count) {
    const std::string numbers = "seq_1_to_" + std::to_string(count);
    const std::string uuid = "CONCAT('" + prefix + "', seq)";
    const std::string id = "'" + enrollment.id.str() + "'";
    session_->begin();
    session_->run("INSERT INTO commands (command_uuid, request_type, command) SELECT " + uuid +
                  ", 'T', '<?xml c' FROM " + numbers);
    session_->run("INSERT INTO enrollment_queue (id, command_uuid, seq, done) SELECT " + id + ", " + uuid +
                  ", seq, 1 FROM " + numbers);
    session_->run("INSERT INTO command_results (id, command_uuid, status, result) SELECT " + id + ", " +
                  uuid + ", 'Acknowledged', '<?xml r' FROM " + numbers);
    session_->run("INSERT INTO nanomdm_queue_counters (id, last_seq) VALUES (" + id + ", " +
                  std::to_string(count) + ") ON DUPLICATE KEY UPDATE last_seq = last_seq + VALUES(last_seq)");
    session_->commit();
}

std::int64_t QueueScene::statements_ever() {
    return number("SELECT CAST(VARIABLE_VALUE AS INT) FROM information_schema.GLOBAL_STATUS"
                  " WHERE VARIABLE_NAME = 'Com_stmt_execute'");
}

std::int64_t QueueScene::rise(const std::string& counters, const std::function<void()>& work) {
    // By text: what counts prepared statements does not count itself.
    const auto read = [&] {
        session_->run("SET @sum = (SELECT SUM(VARIABLE_VALUE) FROM information_schema.GLOBAL_STATUS"
                      " WHERE VARIABLE_NAME IN (" +
                      counters + "))");
        return number("SELECT @sum");
    };
    const auto before = read();
    work();
    return read() - before;
}

std::int64_t QueueScene::statements(const std::function<void()>& work) {
    return rise("'Com_stmt_execute'", work) - 1; // reading the sum before is one
}

void at_once(int count, const std::function<void(int)>& work) {
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
