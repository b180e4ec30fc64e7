// A MariaDB server of the test's own: private directory, private port, gone with the test.
#pragma once

#include "support/database/reserved_port.hpp"
#include "support/process/child_process.hpp"
#include "support/process/temp_dir.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::test {

/// What a server's crash may cost.
enum class Durability {
    full,   ///< every commit is flushed to the disk: innodb_flush_log_at_trx_commit=1
    relaxed ///< survives the end of its process, not a power cut; for tests with another subject
};

/// Listens on a port of 127.0.0.1 and on a Unix socket, both the same for its whole life. Start and stop it
/// from one thread, the one that lives as long as the test.
class MariaDbServer {
public:
    struct Options {
        Durability durability = Durability::full;
        std::string buffer_pool = "64M";
        bool binlog = false;
        std::vector<std::string> arguments = {}; ///< further ones, such as "--max-connections=5"; they win
        /// Where the tables lie instead of the server's own directory; created, and not removed.
        std::filesystem::path data_directory = {};
        std::map<std::string, std::string> environment = {}; ///< added to the test's own
    };

    /// Starts and waits until it answers.
    /// @throws std::runtime_error with the server's log when it does not.
    explicit MariaDbServer(Options options);
    MariaDbServer() : MariaDbServer{Options{}} {}
    /// For servers that need each other: started later.
    struct NotStarted {};
    MariaDbServer(Options options, NotStarted);
    ~MariaDbServer();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_.number(); }
    [[nodiscard]] std::filesystem::path socket() const { return directory_ / "db.sock"; }
    [[nodiscard]] const std::filesystem::path& data_directory() const noexcept { return data_; }

    /// `nanomdm:secret@tcp(127.0.0.1:PORT)/database`: the user that create_database() gives rights, not root.
    [[nodiscard]] std::string dsn(const std::string& database) const;
    /// The same through the Unix socket.
    [[nodiscard]] std::string socket_dsn(const std::string& database) const;
    [[nodiscard]] std::string dsn(const std::string& database, const std::string& user,
                                  const std::string& password) const;

    /// Empty, utf8mb4, all rights on it for the plain user. One of that name before is dropped.
    void create_database(const std::string& name);
    /// Runs statements as root by the client program. @return rows as lines, columns parted by tabs.
    /// @throws std::runtime_error with the server's message.
    std::string sql(const std::string& statements, const std::string& database = {}) const;

    void start(std::chrono::milliseconds patience = 60s);
    /// Starts and does not wait: a member of a cluster that must hear of others first.
    void launch(const std::vector<std::string>& more_arguments = {});
    /// @throws std::runtime_error with its log when it ended, or does not answer after `patience`.
    void wait_until_ready(std::chrono::milliseconds patience = 60s);
    /// The line of its log since it was started that holds `part`; nullopt when it ended or was silent.
    std::optional<std::string> wait_for_log_line(std::string_view part, std::chrono::milliseconds patience);
    /// For starts that only look at something. @return false when it still runs.
    [[nodiscard]] bool wait_for_end(std::chrono::milliseconds patience);
    /// SIGTERM, and waits: a clean shutdown. @throws std::runtime_error when it does not end.
    void stop();
    /// SIGKILL: what it had in memory is gone.
    void kill();
    void pause() const;  ///< SIGSTOP: connections stay open and nobody answers
    void resume() const; ///< SIGCONT
    [[nodiscard]] bool running();
    [[nodiscard]] pid_t pid() const { return process_->pid(); }

    /// What the server wrote since it was started last.
    [[nodiscard]] std::string log() const;

private:
    [[nodiscard]] std::vector<std::string> command() const;

    TempDir directory_;
    ReservedPort port_;
    const Options options_;
    const std::filesystem::path data_;
    std::unique_ptr<ChildProcess> process_;
};

} // namespace nanomdm::test
