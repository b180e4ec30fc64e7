// Where the database is and how to reach it, as the DSN says.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::mysql {

/// MySQL's own ssl-mode values. https://dev.mysql.com/doc/refman/8.0/en/connection-options.html
enum class TlsMode { disabled, preferred, required, verify_ca, verify_identity };

struct TlsOptions {
    TlsMode mode = TlsMode::disabled;
    std::string ca;          ///< PEM files
    std::string certificate; ///< of this client, with its key
    std::string key;
};

struct Endpoint {
    std::string user;
    std::string password; ///< never logged
    std::string host = "127.0.0.1";
    std::uint16_t port = 3306;
    std::string socket; ///< path of a Unix socket; not empty: it is used rather than host and port
    std::string database;
    TlsOptions tls;
    std::chrono::seconds connect_timeout{5};
    /// How long one statement may take before the connection is given up.
    std::chrono::seconds read_timeout{10};
    std::chrono::seconds write_timeout{10};
    std::vector<std::string> ignored; ///< parameters of the Go driver that mean nothing here, for the log

    /// For the log: user, address and database without the password.
    [[nodiscard]] std::string description() const;
};

/// Understands the Go driver's form, `user:password@tcp(host:3306)/database?name=value`,
/// `user:password@unix(/path)/database`, `user:password@/database`, and the URL form
/// `mysql://user:password@host:3306/database?ssl-ca=…` (also `mariadb://`).
///
/// In the Go form user and password stand for themselves, with `@`, `:` and `/` in the password; in the URL
/// form whatever is special is percent-encoded. Database and values are percent-decoded in both; `+` is no
/// blank.
///
/// Parameters, with `-` or `_`, in any case:
/// - `ssl-mode`: disabled, preferred, required, verify-ca, verify-identity. Without it a `ssl-ca` means
///   verify-identity: who names an authority wants the server's certificate checked; a `ssl-cert` alone means
///   required;
/// - `ssl-ca`, `ssl-cert`, `ssl-key`: paths of PEM files;
/// - `tls`, the Go driver's: true (verify-identity), skip-verify (required), preferred, false;
/// - `timeout`, `readTimeout`, `writeTimeout`: Go durations, rounded up to whole seconds; 0: for ever;
/// - `socket`: path of a Unix socket, for the URL form.
/// An unknown one that begins with ssl or tls is refused; any other is put into `ignored`.
/// @throws Error{Errc::invalid} whose text contains nothing of the DSN.
[[nodiscard]] Endpoint parse_dsn(std::string_view dsn);

} // namespace nanomdm::storage::mysql
