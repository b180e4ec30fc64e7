// What the failure tests of the MySQL backend share: one server, an eye on its locks, a hand on its
// connections.
#pragma once

#include "nanomdm/error.hpp"
#include "storage/mysql/database.hpp"
#include "support/database/migrated_database.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace nanomdm::storage::mysql::test {

using namespace std::chrono_literals;

/// The program's server, started before the first test. Tests that change it change it back.
[[nodiscard]] nanomdm::test::MariaDbServer& server();

/// The product's tables on it, emptied on every call: nobody may be using them.
[[nodiscard]] const nanomdm::test::MigratedDatabase& empty_tables();

using nanomdm::test::endpoint_of;

/// The one value that a query answers; empty for none.
[[nodiscard]] std::string value(Session& session, std::string_view sql);

/// Looks over the shoulder of everybody else on a server.
class Observer {
public:
    explicit Observer(const nanomdm::test::MariaDbServer& server)
        : session_{nanomdm::test::root_endpoint(server)} {}

    /// A connection whose statement waits for a lock.
    struct Waiting {
        std::int64_t connection = 0;
        std::string statement;
    };
    /// The plain user's, once there is one. @throws std::runtime_error after 10 s.
    [[nodiscard]] Waiting first_waiting();
    /// Cuts a connection, whatever it is doing.
    void kill(std::int64_t connection);
    [[nodiscard]] Session& session() noexcept { return session_; }

private:
    Session session_;
};

/// Sets a global variable and the value it had back at the end.
class GlobalSetting {
public:
    GlobalSetting(const nanomdm::test::MariaDbServer& server, const std::string& name,
                  const std::string& value);
    ~GlobalSetting();
    GlobalSetting(const GlobalSetting&) = delete;
    GlobalSetting& operator=(const GlobalSetting&) = delete;

private:
    const nanomdm::test::MariaDbServer& server_;
    std::string name_;
    std::string before_;
};

/// The failure's Errc; a test failure when there is none or it is something else than an Error.
[[nodiscard]] Errc errc_of(const std::function<void()>& work);

/// Runs `work(0)` … `work(count - 1)` on a thread each and waits for all; what one throws fails the test.
void in_parallel(int count, const std::function<void(int)>& work);

} // namespace nanomdm::storage::mysql::test
