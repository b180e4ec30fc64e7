// One line per flag. The order here is the order of `-help`.
#include "app/flags.hpp"

#include "app/units.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>

namespace nanomdm::app {
namespace {

// More would only be a slip of the keyboard.
constexpr unsigned most_threads = 4096;
constexpr std::uint64_t largest_body = std::uint64_t{1} << 30;

std::uint64_t parse_body_size(const std::string& text) {
    const auto size = parse_size(text);
    if (size > largest_body) throw Error{Errc::invalid, "more than 1G"};
    return size;
}

std::string variable(std::string name) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
        return c == '-' ? '_' : static_cast<char>(std::toupper(c));
    });
    return "NANOMDM_" + name;
}

/// Adds flags to one CLI::App, all in the same way.
class Definitions {
public:
    explicit Definitions(CLI::App& cli) : cli_{cli} {}

    void boolean(const std::string& name, bool& target, const std::string& about) {
        cli_.add_flag("--" + name, target, about)->envname(variable(name));
    }
    template <class T> CLI::Option* value(const std::string& name, T& target, const std::string& about) {
        return cli_.add_option("--" + name, target, about)
            ->envname(variable(name))
            ->capture_default_str()
            ->take_last();
    }
    /// May be given several times.
    CLI::Option* list(const std::string& name, std::vector<std::string>& target, const std::string& about) {
        return cli_.add_option("--" + name, target, about)
            ->envname(variable(name))
            ->expected(1)
            ->allow_extra_args(false) // which would split "[a,b]"
            ->take_all();
    }
    void duration(const std::string& name, std::chrono::seconds& target, const std::string& about) {
        parsed(name, target, about, parse_duration)->default_str(to_text(target));
    }
    void body_size(const std::string& name, std::uint64_t& target, const std::string& about) {
        parsed(name, target, about, parse_body_size)->default_str(std::to_string(target));
    }
    /// Switches away from serving.
    void mode(const std::string& name, Options& options, Options::Mode mode, const std::string& about) {
        cli_.add_flag_callback(
            "--" + name, [&options, mode] { options.mode = mode; }, about);
    }

    /// `-migrate-schema` alone: that and nothing else; `-migrate-schema=auto`: before serving.
    void migrate_schema(Options& options, StorageFlags& storages, const std::string& about) {
        const auto set = [&options, &storages](const std::string& word) {
            storages.migrate_schema = word == "auto";
            try {
                if (word != "auto" && parse_boolean(word)) options.mode = Options::Mode::migrate_schema;
            } catch (const Error& error) {
                throw CLI::ValidationError{"--migrate-schema", std::string{error.what()} + ", nor auto"};
            }
        };
        cli_.add_option_function<std::string>("--migrate-schema", set, about)
            ->envname(variable("migrate-schema"))
            ->expected(0, 1)
            ->take_last();
    }

private:
    template <class T>
    CLI::Option* parsed(const std::string& name, T& target, const std::string& about,
                        T (*parse)(const std::string&)) {
        const auto set = [name, &target, parse](const std::string& text) {
            try {
                target = parse(text);
            } catch (const Error& error) {
                throw CLI::ValidationError{"--" + name, error.what()};
            }
        };
        return cli_.add_option_function<std::string>("--" + name, set, about)
            ->envname(variable(name))
            ->take_last();
    }

    CLI::App& cli_;
};

} // namespace

void define_flags(CLI::App& cli, Options& o, StorageFlags& storages) {
    Definitions flag{cli};
    cli.set_help_flag();
    const auto group = [&cli](const char* heading) { cli.option_defaults()->group(heading); };

    group("Serving");
    flag.value("listen", o.http.listen, "address to serve on: host:port, :port, [v6]:port or unix:/path");
    flag.value("admin-listen", o.http.admin_listen,
               "serve /healthz, /readyz and /metrics on this address alone; /metrics without a key there");
    flag.value(
        "tls-cert", o.http.tls.certificate_file,
        "PEM file with the server's certificate and its issuers: speak TLS, take devices' certificates");
    flag.value("tls-key", o.http.tls.key_file, "PEM file with the unencrypted private key of -tls-cert");
    flag.boolean("tls-signature", o.http.tls.signature,
                 "with -tls-cert: ask for no client certificates, identify devices by Mdm-Signature");
    group("Devices");
    flag.value("ca", o.devices.ca_file, "PEM file with the CA(s) of the devices' identity certificates");
    flag.value("intermediate", o.devices.intermediate_file, "PEM file with intermediate certificates");
    flag.value("cert-header", o.devices.cert_header,
               "header in which the TLS proxy passes the client certificate; default: Mdm-Signature");
    flag.duration("signature-skew", o.devices.signature_skew, "how far a certificate's start may lie ahead");
    flag.boolean("checkin", o.devices.separate_check_in, "serve check-ins on /checkin instead of /mdm");
    flag.boolean("disable-mdm", o.devices.disabled, "serve the API only");
    flag.boolean("retro", o.devices.retro, "associate certificates of enrollments that have none yet");
    flag.boolean("cert-auth-warn-only", o.devices.cert_auth_warn_only,
                 "log what certificate authorization would refuse, and accept it");
    flag.boolean("cert-renewal", o.devices.cert_renewal,
                 "accept a renewed certificate with the same subject and alternative names");
    flag.boolean("ua-zl-dc", o.devices.zero_length_digest_challenge,
                 "answer UserAuthenticate with a zero-length digest challenge");
    flag.boolean("dump", o.devices.dump, "write raw requests and answers to standard output");

    group("Declarative management, tokens and other servers that devices reach");
    flag.value("dm", o.devices.sources.dm_url, "URL of the declarative management server; ends with /");
    flag.value("dm-send-hmac-key", o.devices.sources.send_hmac_key, "key that signs what is sent to -dm");
    flag.value("dm-send-hmac-key-file", o.devices.sources.send_hmac_key_file,
               "file with the -dm-send-hmac-key");
    flag.value("dm-recv-hmac-key", o.devices.sources.receive_hmac_key,
               "key that the answers of -dm must be signed with");
    flag.value("dm-recv-hmac-key-file", o.devices.sources.receive_hmac_key_file,
               "file with the -dm-recv-hmac-key");
    flag.list("get-token", o.devices.sources.tokens,
              "TYPE=FILE: the TokenData for a TokenServiceType (repeatable)");
    flag.value("get-token-url", o.devices.sources.token_url,
               "URL of a server that has tokens, asked as -dm is; ends with /");

    flag.value("auth-proxy-url", o.devices.auth_proxy_url,
               "URL that requests of enrolled devices to /authproxy/ are passed on to");
    flag.value("auth-proxy-streams", o.devices.auth_proxy_streams, "most requests passed on at once")
        ->check(CLI::Range(1U, most_threads));

    group("API for administrators");
    flag.list("api", o.api.keys, "API key (repeatable); the API is off without one");
    flag.value("api-file", o.api.key_file, "file with API keys, one a line; read again on SIGHUP");
    flag.value("api-listen", o.http.api_listen, "serve the API on this address instead of -listen");
    flag.boolean("migration", o.api.migration, "take check-in messages from other servers on /migration");
    flag.value("escrow-url", o.api.escrow_url, "Apple's escrow key unlock");

    group("Storage");
    flag.list("storage", storages.backends,
              "storage backend: file, mysql or inmem; repeatable, with as many -storage-dsn: the "
              "first one answers, the others get every write")
        ->default_str("file");
    flag.list("storage-dsn", storages.dsns,
              "where the storage is; for file, a directory (default \"db\"); for mysql, "
              "user:password@tcp(host:3306)/database or mysql://user:password@host:3306/database");
    flag.list("storage-dsn-file", storages.dsn_files, "file with the -storage-dsn");
    flag.list("dsn", storages.older_dsns, "older name of -storage-dsn");
    flag.list("storage-options", storages.settings, "options of the backend: key=value,…");
    flag.migrate_schema(o, storages,
                        "create or upgrade the tables of mysql, then exit; =auto: do so and serve");

    group("Push");
    flag.value("apns-url", o.push.apns_url, "where pushes are sent");
    flag.value("apns-ca", o.push.apns_ca_file, "PEM file with the CA(s) that APNs is verified against");
    flag.duration("push-expiration", o.push.expiration, "how long APNs keeps trying a device that is off");

    group("Webhook");
    flag.value("webhook-url", o.webhook.url, "where an event is posted for every message of a device");
    flag.value("webhook-hmac-key", o.webhook.hmac_key, "key of the X-Hmac-Signature header of events");
    flag.value("webhook-hmac-key-file", o.webhook.hmac_key_file, "file with the -webhook-hmac-key");
    flag.duration("webhook-max-age", o.webhook.max_age, "how long an event is tried before it is given up");
    flag.value("webhook-idle", o.webhook.idle,
               "tell of devices that connect with nothing to report: on or off")
        ->check(CLI::IsMember({"on", "off"}));
    flag.value("webhook-durable", o.webhook.durable,
               "which events are stored until delivered: effects (of messages that change something) or all")
        ->check(CLI::IsMember({"effects", "all"}));
    flag.value("webhook-max-backlog", o.webhook.max_backlog, "stored events beyond which the oldest go");

    group("Limits");
    flag.value("workers", o.http.workers, "threads for storage work; 0: what suits the backend")
        ->check(CLI::Range(0U, most_threads));
    flag.value("upstream-workers", o.http.upstream_workers, "most threads that wait for APNs and others")
        ->check(CLI::Range(1U, most_threads));
    flag.body_size("max-body", o.http.max_body, "largest request body in bytes; K, M and G are understood");
    flag.list("trust-proxy", o.http.trusted_proxies,
              "network whose X-Forwarded-For is believed (repeatable)");
    flag.duration("shutdown-grace", o.http.shutdown_grace, "longest wait for requests under way at the end");

    group("Log");
    flag.value("log-level", o.log.level, "debug, info, warning or error")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    flag.value("log-format", o.log.format, "text or json")->check(CLI::IsMember({"text", "json"}));
    flag.boolean("debug", o.log.debug, "the same as -log-level debug");

    group("Other than serving, and configuration");
    flag.value("export-to", o.exporting.url,
               "send every enrollment to this URL, the /migration of another server, then exit")
        ->each([&o](const std::string&) { o.mode = Options::Mode::export_fleet; });
    flag.value("export-key", o.exporting.key, "API key of the server of -export-to");
    flag.value("export-key-file", o.exporting.key_file, "file with the -export-key");
    flag.value("export-state", o.exporting.state_file,
               "file that keeps how far the export is; an interrupted one goes on from there");

    flag.mode("check", o, Options::Mode::check_storage, "verify the file storage's invariants, then exit");
    flag.mode("version", o, Options::Mode::show_version, "print the version, then exit");
    flag.mode("help", o, Options::Mode::show_help, "print this list, then exit");
    cli.add_option("--config", "TOML file with the flags' names as keys; below flags and environment")
        ->envname("NANOMDM_CONFIG")
        ->take_last();
}

} // namespace nanomdm::app
