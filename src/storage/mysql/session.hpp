// One connection to the database: the only place that includes Connector/C++.
#pragma once

#include "storage/mysql/endpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace nanomdm::storage::mysql {

/// What a `?` stands for: NULL, a number, or bytes (text or binary alike). Bytes must outlive the call.
using Parameter = std::variant<std::nullptr_t, std::int64_t, std::string_view>;
using Parameters = std::span<const Parameter>;

/// NULL for nothing.
[[nodiscard]] inline Parameter nullable(const std::optional<std::string>& text) {
    return text ? Parameter{std::string_view{*text}} : Parameter{nullptr};
}

/// A result, wholly read from the network. Columns count from 0. Must go before its session is used again.
class Rows {
public:
    class Impl;
    explicit Rows(std::unique_ptr<Impl> impl) noexcept;
    Rows(Rows&&) noexcept;
    Rows& operator=(Rows&&) noexcept;
    ~Rows();

    /// Moves to the next row, at first to the first. @return false behind the last.
    [[nodiscard]] bool next();
    [[nodiscard]] unsigned columns() const;
    [[nodiscard]] bool null(unsigned column) const;
    [[nodiscard]] std::string text(unsigned column) const; ///< the bytes; empty for NULL
    [[nodiscard]] std::optional<std::string> text_or_null(unsigned column) const;
    [[nodiscard]] std::int64_t integer(unsigned column) const; ///< 0 for NULL

private:
    std::unique_ptr<Impl> impl_;
};

/// One connection with its prepared statements. Not thread-safe: one thread at a time, any thread.
/// Session settings (spec 4.2): UTC, strict mode, utf8mb4, READ COMMITTED, autocommit.
/// Everything throws Failure.
class Session {
public:
    /// Connects; blocks for the endpoint's time-outs at most.
    explicit Session(const Endpoint& endpoint);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    /// Prepares `sql` the first time this session sees the text and keeps it: texts must be few and bounded.
    /// @return rows inserted, deleted or matched (matched, not changed). ON DUPLICATE KEY UPDATE counts 1 for
    ///         an inserted row and 2 for an updated one (1 or 2 when nothing changed).
    std::uint64_t execute(std::string_view sql, Parameters parameters = {});
    std::uint64_t execute(std::string_view sql, std::initializer_list<Parameter> parameters);
    [[nodiscard]] Rows query(std::string_view sql, Parameters parameters = {});
    [[nodiscard]] Rows query(std::string_view sql, std::initializer_list<Parameter> parameters);

    /// A statement that is not worth preparing or cannot be: DDL, rarely used texts of any shape.
    /// @return as execute().
    std::uint64_t run(std::string_view sql);

    void begin();
    void commit();
    void rollback() noexcept; ///< best effort: a connection that fails here is broken()
    [[nodiscard]] bool in_transaction() const noexcept;

    /// Whether an error has made it useless: give it up.
    [[nodiscard]] bool broken() const noexcept;
    /// Asks the server. @return false: give it up.
    [[nodiscard]] bool alive() noexcept;

    /// The server's max_allowed_packet, bytes.
    [[nodiscard]] std::size_t max_packet() const noexcept;
    [[nodiscard]] bool is_mariadb() const noexcept;
    [[nodiscard]] const std::string& server_version() const noexcept;
    /// The cipher of the TLS connection; empty: no TLS.
    [[nodiscard]] const std::string& cipher() const noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// `?,?,…` for lists of any length with few different texts: the number of marks is 1, 10, 100 or 1,000;
/// fill what is too many by repeating the last value. @param count 1…1,000
[[nodiscard]] std::size_t marks_for(std::size_t count) noexcept;
[[nodiscard]] std::string marks(std::size_t count, std::string_view mark = "?");

} // namespace nanomdm::storage::mysql
