// What the tests of the MySQL queues share: one server, a migrated database, and rows as NanoMDM writes them.
#pragma once

#include "contract/samples.hpp"
#include "storage/mysql/mysql_storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nanomdm::storage::mysql::test {

/// An empty database for each test and one open storage on it.
class QueueScene : public testing::Test {
protected:
    explicit QueueScene(const std::function<void(MySqlOptions&)>& change = {});

    [[nodiscard]] MySqlStorage& storage() { return *storage_; }
    /// As another process would.
    [[nodiscard]] std::unique_ptr<MySqlStorage>
    another_storage(const std::function<void(MySqlOptions&)>& change = {});
    [[nodiscard]] static Endpoint endpoint();
    /// A connection of the test's own, with the settings of all.
    [[nodiscard]] Session& session() { return *session_; }
    [[nodiscard]] std::int64_t number(const std::string& query);

    void enroll(const Enrollment& device);
    EnqueueOutcome enqueue(const Command& command, const Enrollment& enrollment);
    bool report(const Enrollment& enrollment, const std::string& uuid, const std::string& status);
    /// UUID of the next command, "" when there is none.
    [[nodiscard]] std::string next(const Enrollment& enrollment, NotNow not_now = NotNow::candidates);
    /// Fetches and acknowledges until the queue is empty.
    std::vector<std::string> drain(const Enrollment& enrollment);
    [[nodiscard]] std::vector<std::string> drain(MySqlStorage& storage, const Enrollment& enrollment);

    /// Enqueues as NanoMDM does: columns of ours get their defaults.
    void nanomdm_enqueues(const std::string& uuid, const Enrollment& enrollment, int priority = 0,
                          const std::string& created_at = "2024-05-06 07:08:09");
    /// Stores a result as NanoMDM does.
    void nanomdm_stores(const std::string& uuid, const Enrollment& enrollment, const std::string& status);
    /// Commands `PREFIX1` … `PREFIXcount` that the enrollment has reported on, as we leave them.
    void add_history(const Enrollment& enrollment, const std::string& prefix, int count);

    /// How far the server's own counter rises while `work` runs.
    [[nodiscard]] std::int64_t rise(const std::string& counters, const std::function<void()>& work);
    /// Prepared statements executed by `work`.
    [[nodiscard]] std::int64_t statements(const std::function<void()>& work);

private:
    [[nodiscard]] std::int64_t statements_ever();

    std::unique_ptr<Session> session_;
    std::unique_ptr<MySqlStorage> storage_;
};

/// Runs `work(0)` … `work(count - 1)` on a thread each and waits for all; what one throws fails the test.
void at_once(int count, const std::function<void(int)>& work);

} // namespace nanomdm::storage::mysql::test
