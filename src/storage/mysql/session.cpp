#include "storage/mysql/session.hpp"

#include "storage/mysql/failure.hpp"

#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include <functional>
#include <unordered_map>

namespace nanomdm::storage::mysql {
namespace {

// The client library's number for a connection that is gone; the connector's own complaints have none.
constexpr int server_gone = 2006;

/// libmysqlclient wants to know its threads; libmariadb does not mind.
class ThreadRegistration {
public:
    explicit ThreadRegistration(sql::Driver& driver) : driver_{driver} { driver_.threadInit(); }
    ThreadRegistration(const ThreadRegistration&) = delete;
    ThreadRegistration& operator=(const ThreadRegistration&) = delete;
    ~ThreadRegistration() { driver_.threadEnd(); }

private:
    sql::Driver& driver_;
};

sql::Driver& driver() {
    static sql::Driver& only = *sql::mysql::get_driver_instance(); // the first call must not race
    thread_local const ThreadRegistration registered{only};
    return only;
}

sql::ConnectOptionsMap connect_options(const Endpoint& endpoint) {
    const auto seconds = [](std::chrono::seconds time) { return static_cast<int>(time.count()); };
    sql::ConnectOptionsMap options;
    options["hostName"] = sql::SQLString{endpoint.socket.empty()
                                             ? "tcp://" + endpoint.host + ":" + std::to_string(endpoint.port)
                                             : "unix://" + endpoint.socket};
    options["userName"] = sql::SQLString{endpoint.user};
    options["password"] = sql::SQLString{endpoint.password};
    if (!endpoint.database.empty()) options["schema"] = sql::SQLString{endpoint.database};
    options["OPT_CONNECT_TIMEOUT"] = seconds(endpoint.connect_timeout);
    options["OPT_READ_TIMEOUT"] = seconds(endpoint.read_timeout);
    options["OPT_WRITE_TIMEOUT"] = seconds(endpoint.write_timeout);
    options["CLIENT_FOUND_ROWS"] = true;
    options["OPT_CHARSET_NAME"] = sql::SQLString{"utf8mb4"};
    const auto& tls = endpoint.tls;
    if (tls.mode == TlsMode::disabled) return options;
    // 1.1.12 does not know ssl-mode: what turns TLS on is that any of these is set.
    options["sslCipher"] = sql::SQLString{"DEFAULT"};
    if (!tls.ca.empty()) options["sslCA"] = sql::SQLString{tls.ca};
    if (!tls.certificate.empty()) options["sslCert"] = sql::SQLString{tls.certificate};
    if (!tls.key.empty()) options["sslKey"] = sql::SQLString{tls.key};
    // libmariadb checks who signed the certificate once it is told an authority, and with sslVerify also whom
    // it names.
    const bool authority_alone = tls.mode == TlsMode::verify_ca && !tls.ca.empty();
    if (tls.mode >= TlsMode::verify_ca && !authority_alone) options["sslVerify"] = true;
    return options;
}

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

void bind(sql::PreparedStatement& statement, Parameters parameters) {
    unsigned at = 0;
    for (const auto& parameter : parameters) {
        ++at;
        if (const auto* text = std::get_if<std::string_view>(&parameter))
            statement.setString(at,
                                sql::SQLString{text->data() == nullptr ? "" : text->data(), text->size()});
        else if (const auto* number = std::get_if<std::int64_t>(&parameter))
            statement.setInt64(at, *number);
        else
            statement.setNull(at, 0);
    }
}

} // namespace

class Rows::Impl {
public:
    explicit Impl(std::unique_ptr<sql::ResultSet> result) : result_{std::move(result)} {}
    sql::ResultSet& operator*() const { return *result_; }
    sql::ResultSet* operator->() const { return result_.get(); }

private:
    std::unique_ptr<sql::ResultSet> result_;
};

class Session::Impl {
public:
    /// Turns the connector's exceptions into ours.
    template <class Call> auto guarded(Call&& call) {
        try {
            return call();
        } catch (const sql::SQLException& error) {
            const int number = error.getErrorCode() != 0 ? error.getErrorCode() : server_gone;
            Failure failure{number, error.what()};
            if (failure.kind() == FailureKind::connection_lost || failure.kind() == FailureKind::not_ready)
                broken_ = true;
            throw failure;
        }
    }

    explicit Impl(const Endpoint& endpoint) {
        try {
            guarded([&] {
                auto options = connect_options(endpoint);
                connection_.reset(driver().connect(options));
                text_.reset(connection_->createStatement());
            });
        } catch (const Failure& failure) {
            throw Failure{failure.number(), "database " + endpoint.description() + ": " + failure.reason()};
        }
        settle(endpoint);
    }

    sql::PreparedStatement& prepared(std::string_view sql) {
        const auto known = statements_.find(sql);
        if (known != statements_.end()) return *known->second;
        std::unique_ptr<sql::PreparedStatement> statement{
            connection_->prepareStatement(sql::SQLString{sql.data(), sql.size()})};
        return *statements_.emplace(std::string{sql}, std::move(statement)).first->second;
    }

    std::uint64_t execute(std::string_view sql, Parameters parameters) {
        return guarded([&] {
            auto& statement = prepared(sql);
            bind(statement, parameters);
            return static_cast<std::uint64_t>(statement.executeUpdate());
        });
    }

    Rows query(std::string_view sql, Parameters parameters) {
        return guarded([&] {
            auto& statement = prepared(sql);
            bind(statement, parameters);
            std::unique_ptr<sql::ResultSet> result{statement.executeQuery()};
            return Rows{std::make_unique<Rows::Impl>(std::move(result))};
        });
    }

    std::uint64_t run(std::string_view sql) {
        return guarded([&] {
            text_->execute(sql::SQLString{sql.data(), sql.size()});
            return static_cast<std::uint64_t>(text_->getUpdateCount());
        });
    }

    // Not the connector's own commit() and rollback(): 1.1.12 does not look whether they succeeded.
    void commit() { run("COMMIT"); }
    void rollback() { run("ROLLBACK"); }
    bool valid() {
        return guarded([&] { return connection_->isValid(); });
    }

    bool in_transaction = false;
    std::size_t max_packet = 0;
    std::string version;
    std::string cipher;
    [[nodiscard]] bool broken() const noexcept { return broken_; }
    void give_up() noexcept { broken_ = true; }

private:
    /// Makes the session's settings ours, whatever the server's are.
    void settle(const Endpoint& endpoint) {
        run("SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
            "innodb_lock_wait_timeout = 3, foreign_key_checks = 1, unique_checks = 1, autocommit = 1");
        run("SET NAMES utf8mb4");
        run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
        guarded([&] {
            const std::unique_ptr<sql::ResultSet> row{
                text_->executeQuery("SELECT @@max_allowed_packet, VERSION()")};
            if (row->next()) {
                max_packet = static_cast<std::size_t>(row->getInt64(1));
                version = row->getString(2);
            }
            const std::unique_ptr<sql::ResultSet> tls{
                text_->executeQuery("SHOW SESSION STATUS LIKE 'Ssl_cipher'")};
            if (tls->next()) cipher = tls->getString(2);
            // On a Galera node, which may be behind the one that answered us last: first what is committed.
            const std::unique_ptr<sql::ResultSet> galera{
                text_->executeQuery("SHOW SESSION VARIABLES LIKE 'wsrep_on'")};
            if (galera->next() && galera->getString(2) == "ON") run("SET SESSION wsrep_sync_wait = 7");
        });
        if (endpoint.tls.mode > TlsMode::preferred && cipher.empty())
            throw Failure{2026, "the connection to " + endpoint.description() + " is not TLS"};
    }

    std::unique_ptr<sql::Connection> connection_;
    std::unique_ptr<sql::Statement> text_;
    std::unordered_map<std::string, std::unique_ptr<sql::PreparedStatement>, TextHash, std::equal_to<>>
        statements_;
    bool broken_ = false;
};

Rows::Rows(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

bool Rows::next() { return (*impl_)->next(); }
unsigned Rows::columns() const { return (*impl_)->getMetaData()->getColumnCount(); }
bool Rows::null(unsigned column) const { return (*impl_)->isNull(column + 1); }
std::string Rows::text(unsigned column) const { return (*impl_)->getString(column + 1); }
std::optional<std::string> Rows::text_or_null(unsigned column) const {
    if (null(column)) return std::nullopt;
    return text(column);
}
std::int64_t Rows::integer(unsigned column) const { return (*impl_)->getInt64(column + 1); }

Session::Session(const Endpoint& endpoint) : impl_{std::make_unique<Impl>(endpoint)} {}

Session::~Session() {
    try {
        impl_.reset();
    } catch (...) { // closing says good-bye to the server, which may be gone
    }
}

std::uint64_t Session::execute(std::string_view sql, Parameters parameters) {
    return impl_->execute(sql, parameters);
}

std::uint64_t Session::execute(std::string_view sql, std::initializer_list<Parameter> parameters) {
    return impl_->execute(sql, Parameters{parameters.begin(), parameters.size()});
}

Rows Session::query(std::string_view sql, Parameters parameters) { return impl_->query(sql, parameters); }

Rows Session::query(std::string_view sql, std::initializer_list<Parameter> parameters) {
    return impl_->query(sql, Parameters{parameters.begin(), parameters.size()});
}

std::uint64_t Session::run(std::string_view sql) { return impl_->run(sql); }

void Session::begin() {
    impl_->run("START TRANSACTION");
    impl_->in_transaction = true;
}

void Session::commit() {
    impl_->commit();
    impl_->in_transaction = false;
}

void Session::rollback() noexcept {
    try {
        if (!impl_->broken()) impl_->rollback();
    } catch (...) {
        impl_->give_up();
    }
    impl_->in_transaction = false;
}

bool Session::in_transaction() const noexcept { return impl_->in_transaction; }
bool Session::broken() const noexcept { return impl_->broken(); }

bool Session::alive() noexcept {
    try {
        if (!impl_->broken() && impl_->valid()) return true;
    } catch (...) { // it cannot be asked: not alive
    }
    impl_->give_up();
    return false;
}

std::size_t Session::max_packet() const noexcept { return impl_->max_packet; }
bool Session::is_mariadb() const noexcept { return impl_->version.find("MariaDB") != std::string::npos; }
const std::string& Session::server_version() const noexcept { return impl_->version; }
const std::string& Session::cipher() const noexcept { return impl_->cipher; }

std::size_t marks_for(std::size_t count) noexcept {
    for (const std::size_t size : {1, 10, 100})
        if (count <= size) return size;
    return 1000;
}

std::string marks(std::size_t count, std::string_view mark) {
    std::string list;
    list.reserve(count * (mark.size() + 1));
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) list += ',';
        list += mark;
    }
    return list;
}

} // namespace nanomdm::storage::mysql
