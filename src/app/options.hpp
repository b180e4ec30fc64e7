// Everything the command line can say, parsed and checked for form.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace nanomdm::app {

/// The command line, or a file it names, is at fault: one line for standard error, exit status 2.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The servers and files that are asked on a device's behalf.
struct SourceOptions {
    std::string dm_url; ///< empty: no declarative management
    std::string send_hmac_key;
    std::string send_hmac_key_file;
    std::string receive_hmac_key;
    std::string receive_hmac_key_file;
    std::vector<std::string> tokens; ///< "TYPE=FILE"
    std::string token_url;           ///< asked for the types that have no file
};

/// How devices prove who they are, and what is asked of their certificates.
struct DeviceOptions {
    std::string ca_file;
    std::string intermediate_file;
    std::string cert_header;          ///< empty: Mdm-Signature
    bool client_certificates = false; ///< of built-in TLS, in place of both
    std::chrono::seconds signature_skew{300};
    bool separate_check_in = false;
    bool disabled = false;
    bool retro = false;
    bool cert_auth_warn_only = false;
    bool cert_renewal = false;
    bool zero_length_digest_challenge = false;
    bool dump = false;
    SourceOptions sources;
    std::string auth_proxy_url; ///< empty: no authentication proxy
    unsigned auth_proxy_streams = 256;
};

struct ApiOptions {
    std::vector<std::string> keys;
    std::string key_file; ///< one key a line, read again on SIGHUP
    bool migration = false;
    std::string escrow_url =
        "https://deviceservices-external.apple.com/deviceservicesworkers/escrowKeyUnlock";

    [[nodiscard]] bool enabled() const noexcept { return !keys.empty() || !key_file.empty(); }
};

/// Built-in TLS.
struct TlsOptions {
    std::string certificate_file; ///< empty: a proxy does TLS
    std::string key_file;
    bool signature = false; ///< identities come from Mdm-Signature all the same

    [[nodiscard]] bool enabled() const noexcept { return !certificate_file.empty(); }
};

struct HttpOptions {
    std::string listen = ":9000";
    std::string api_listen;   ///< empty: the API shares `listen`
    std::string admin_listen; ///< empty: probes and metrics share `listen`
    TlsOptions tls;
    unsigned workers = 0; ///< 0: what suits the storage backend
    unsigned upstream_workers = 256;
    std::uint64_t max_body = 16 * 1024 * 1024;
    std::vector<std::string> trusted_proxies;
    std::chrono::seconds shutdown_grace{20};
};

/// One backend.
struct StorageOptions {
    std::string backend = "file";
    std::string dsn;
    std::string dsn_file;        ///< holds the DSN, which may be a secret
    std::string settings;        ///< "key=value,key=value"
    bool chosen = false;         ///< -storage was given
    bool migrate_schema = false; ///< -migrate-schema=auto
};

struct PushOptions {
    std::string apns_url = "https://api.push.apple.com";
    std::string apns_ca_file; ///< empty: the system's roots
    std::chrono::seconds expiration{std::chrono::days{7}};
};

struct WebhookOptions {
    std::string url; ///< empty: no webhook
    std::string hmac_key;
    std::string hmac_key_file;
    std::chrono::seconds max_age{std::chrono::hours{72}};
    std::string idle = "on";         ///< or "off"
    std::string durable = "effects"; ///< or "all"
    std::uint64_t max_backlog = 1'000'000;

    [[nodiscard]] bool enabled() const noexcept { return !url.empty(); }
};

/// `-export-to`: sending the fleet to another server.
struct ExportOptions {
    std::string url; ///< of its /migration
    std::string key;
    std::string key_file;
    std::string state_file; ///< how far it is; empty: an interrupted run begins anew
};

struct LogOptions {
    std::string level = "info";
    std::string format = "text";
    bool debug = false;
};

struct Options {
    enum class Mode {
        serve,
        check_storage,
        migrate_schema,
        export_fleet,
        show_help,
        show_version
    } mode = Mode::serve;
    DeviceOptions devices;
    ApiOptions api;
    HttpOptions http;
    /// At least one. The first answers, the others get every write as well.
    std::vector<StorageOptions> storages = std::vector<StorageOptions>(1);
    PushOptions push;
    WebhookOptions webhook;
    ExportOptions exporting;
    LogOptions log;
};

/// Reads flags, environment, configuration file and defaults, in that order of precedence.
/// @throws UsageError naming the flag at fault.
[[nodiscard]] Options parse_options(int argc, const char* const* argv);

/// The text of `-help`: every flag with its variable, default, and whether the variable is set.
[[nodiscard]] std::string help_text();

/// The content of the file that `flag` names. @throws UsageError
[[nodiscard]] std::string read_file(const std::string& flag, const std::string& path);
/// The same without its line end. @param what it is to hold, for the complaint
/// @throws UsageError also when nothing else is in it: an empty secret protects nothing.
[[nodiscard]] std::string read_secret(const std::string& flag, const std::string& path,
                                      const char* what = "key");

/// The keys given by flag and by file. @throws UsageError when the file cannot be read or holds none.
[[nodiscard]] std::vector<std::string> api_keys(const ApiOptions& options);

} // namespace nanomdm::app
