// mariadbd in the foreground, without any configuration file of the machine.
#include "support/database/mariadb_server.hpp"

#include "support/database/data_template.hpp"
#include "support/database/programs.hpp"

#include <csignal>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace nanomdm::test {
namespace {

bool all_threads_stopped(pid_t process) {
    const std::filesystem::path threads = "/proc/" + std::to_string(process) + "/task";
    for (const auto& thread : std::filesystem::directory_iterator{threads}) {
        // "NUMBER (name) STATE …"; the name may hold anything, also blanks and brackets.
        const auto stat = read_file(thread.path() / "stat");
        const auto name_end = stat.rfind(')');
        if (name_end == std::string::npos || stat.compare(name_end, 3, ") T") != 0) return false;
    }
    return true;
}

} // namespace

MariaDbServer::MariaDbServer(Options options) : MariaDbServer{std::move(options), NotStarted{}} { start(); }

MariaDbServer::MariaDbServer(Options options, NotStarted)
    : options_{std::move(options)}, data_{options_.data_directory.empty() ? directory_ / "data"
                                                                          : options_.data_directory} {
    make_data_directory(data_);
}

MariaDbServer::~MariaDbServer() = default; // ChildProcess kills what still runs, before the directory goes

std::vector<std::string> MariaDbServer::command() const {
    std::vector<std::string> line{
        find_program("mariadbd"),
        "--no-defaults",
        "--datadir=" + data_.string(),
        "--tmpdir=" + directory_.path().string(),
        "--pid-file=" + (directory_ / "pid").string(),
        "--socket=" + socket().string(),
        "--bind-address=127.0.0.1",
        "--port=" + std::to_string(port()),
        "--skip-name-resolve",
        "--performance-schema=OFF",
        "--innodb-buffer-pool-size=" + options_.buffer_pool,
        "--innodb-log-file-size=16M",
        // The kernel may finish asynchronous writes of a process after it was killed and waited for, below
        // the one that recovers the same files.
        "--innodb-use-native-aio=OFF",
        "--innodb-buffer-pool-dump-at-shutdown=OFF",
        "--innodb-buffer-pool-load-at-startup=OFF",
    };
    if (::geteuid() == 0) line.emplace_back("--user=root");
    if (options_.binlog) {
        line.emplace_back("--log-bin=binlog");
        line.emplace_back("--server-id=1");
        line.emplace_back("--sync-binlog=1");
    }
    if (options_.durability == Durability::full) {
        line.emplace_back("--innodb-flush-log-at-trx-commit=1");
    } else {
        line.emplace_back("--innodb-flush-log-at-trx-commit=2"); // the operating system has it at commit
        line.emplace_back("--innodb-flush-method=nosync");
        line.emplace_back("--skip-innodb-doublewrite");
        line.emplace_back("--sync-frm=OFF");
        line.emplace_back("--sync-binlog=0");
    }
    line.insert(line.end(), options_.arguments.begin(), options_.arguments.end());
    return line;
}

void MariaDbServer::start(std::chrono::milliseconds patience) {
    launch();
    wait_until_ready(patience);
}

void MariaDbServer::launch(const std::vector<std::string>& more_arguments) {
    ChildProcess::Options options;
    options.command = command();
    options.environment = options_.environment;
    options.command.insert(options.command.end(), more_arguments.begin(), more_arguments.end());
    process_.reset(); // the one before must have let go of the directory
    process_ = std::make_unique<ChildProcess>(std::move(options));
}

void MariaDbServer::wait_until_ready(std::chrono::milliseconds patience) {
    if (!wait_for_log_line("ready for connections", patience) || !running())
        throw std::runtime_error{"MariaDB did not get ready; its log:\n" + log()};
}

std::optional<std::string> MariaDbServer::wait_for_log_line(std::string_view part,
                                                            std::chrono::milliseconds patience) {
    return process_->wait_for_error_line(part, patience);
}

bool MariaDbServer::wait_for_end(std::chrono::milliseconds patience) {
    return process_->wait(patience).has_value();
}

void MariaDbServer::stop() {
    process_->signal(SIGTERM);
    if (!process_->wait(60s)) throw std::runtime_error{"MariaDB did not stop; its log:\n" + log()};
}

void MariaDbServer::kill() { process_->kill(); }

void MariaDbServer::pause() const {
    process_->signal(SIGSTOP);
    // Threads stop one after the other, and one that still runs may answer.
    if (!eventually([this] { return all_threads_stopped(pid()); }))
        throw std::runtime_error{"MariaDB does not pause"};
}

void MariaDbServer::resume() const { process_->signal(SIGCONT); }
bool MariaDbServer::running() { return process_ && !process_->wait(0ms); }
std::string MariaDbServer::log() const { return process_ ? process_->standard_error() : std::string{}; }

std::string MariaDbServer::dsn(const std::string& database) const {
    return dsn(database, plain_user, plain_password);
}

std::string MariaDbServer::dsn(const std::string& database, const std::string& user,
                               const std::string& password) const {
    return user + ":" + password + "@tcp(127.0.0.1:" + std::to_string(port()) + ")/" + database;
}

std::string MariaDbServer::socket_dsn(const std::string& database) const {
    return std::string{plain_user} + ":" + plain_password + "@unix(" + socket().string() + ")/" + database;
}

void MariaDbServer::create_database(const std::string& name) {
    sql("DROP DATABASE IF EXISTS `" + name + "`; CREATE DATABASE `" + name +
        "` CHARACTER SET utf8mb4; GRANT ALL PRIVILEGES ON `" + name + "`.* TO '" + plain_user + "'@'%'");
}

std::string MariaDbServer::sql(const std::string& statements, const std::string& database) const {
    std::vector<std::string> client{
        find_program("mariadb"), "--no-defaults", "--user=root", "--socket=" + socket().string(), "--batch",
        "--skip-column-names",   "--execute",     statements};
    if (!database.empty()) client.push_back(database);
    auto finished = run(std::move(client), 60s);
    if (finished.status.code != 0) throw std::runtime_error{finished.error + " in: " + statements};
    return std::move(finished.output);
}

} // namespace nanomdm::test
