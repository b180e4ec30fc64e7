// What the tests of the MySQL backend's stores share: one server, its tables emptied for each test.
#pragma once

#include "contract/samples.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "support/database/mariadb_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::mysql::test {

using namespace std::chrono_literals;
using namespace nanomdm::contract; // the samples

class StoreTest : public testing::Test {
protected:
    StoreTest();

    [[nodiscard]] static nanomdm::test::MariaDbServer& server();
    /// For another process's storage, too.
    [[nodiscard]] static MySqlOptions options();
    [[nodiscard]] MySqlStorage& storage() { return *storage_; }
    void close_storage() { storage_.reset(); }
    void open_storage(const MySqlOptions& with) { storage_ = std::make_unique<MySqlStorage>(with); }

    /// As an administrator or NanoMDM would, beside the storage.
    [[nodiscard]] Session& session() { return session_; }
    /// The one value that a query answers; empty for none.
    std::string value(std::string_view sql);
    /// A counter of the server's, such as "Innodb_deadlocks".
    std::int64_t status(const std::string& name);

    /// Statements that the server is sent by the work, those that begin and end transactions apart. The least
    /// of several times, because the first prepares statements and the background threads have some of their
    /// own.
    std::int64_t round_trips_of(const std::function<void()>& work);

    void enroll(const Enrollment& device);

private:
    std::int64_t statements_ever();

    Session session_;
    std::unique_ptr<MySqlStorage> storage_;
};

/// Runs `work(0)` … `work(count - 1)` at once on a thread each; what one throws fails the test.
void in_parallel(int count, const std::function<void(int)>& work);

} // namespace nanomdm::storage::mysql::test
