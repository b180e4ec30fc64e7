// Which server or file answers which question.
#include "app/device_sources.hpp"

#include "http/upstream/declarative_upstream.hpp"
#include "http/upstream/token_upstream.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"
#include "service/token_files.hpp"

#include <optional>

namespace nanomdm::app {
namespace {

/// Empty: none. @param flag of the secret; with "-file" behind it, of the file
std::string secret(const std::string& flag, const std::string& given, const std::string& file) {
    if (file.empty()) return given;
    if (!given.empty()) throw UsageError{"-" + flag + "-file: not together with -" + flag};
    return read_secret(flag + "-file", file);
}

http::UpstreamKeys keys(const SourceOptions& options) {
    return {.send = secret("dm-send-hmac-key", options.send_hmac_key, options.send_hmac_key_file),
            .receive = secret("dm-recv-hmac-key", options.receive_hmac_key, options.receive_hmac_key_file)};
}

std::optional<http::UrlPrefix> prefix(const char* flag, const std::string& url) try {
    return url.empty() ? std::nullopt : std::optional<http::UrlPrefix>{url};
} catch (const Error& error) {
    throw UsageError{std::string{"-"} + flag + ": " +
                     error.what()}; // without the URL, which may hold secrets
}

/// By TokenServiceType; every file can be read.
std::map<std::string, std::string> token_files(const SourceOptions& options) {
    std::map<std::string, std::string> files;
    for (const auto& item : options.tokens) {
        const auto equals = item.find('=');
        if (equals == 0 || equals == std::string::npos || equals + 1 == item.size())
            throw UsageError{"-get-token: TYPE=FILE is wanted, not \"" + item + "\""};
        const auto [file, added] = files.emplace(item.substr(0, equals), item.substr(equals + 1));
        if (!added) throw UsageError{"-get-token: " + file->first + " is there twice"};
        (void)read_file("get-token", file->second);
    }
    return files;
}

void warn_unless_directory(const char* flag, const std::optional<http::UrlPrefix>& url) {
    if (url && !url->is_directory())
        log::warning("the URL should end with a slash: what follows its last one is replaced",
                     {{"flag", flag}});
}

} // namespace

struct DeviceSources::Parts {
    Parts(const SourceOptions& given, unsigned most_waiting)
        : options{given}, places{static_cast<std::ptrdiff_t>(most_waiting)} {
        const auto signing = keys(options);
        const auto dm_url = prefix("dm", options.dm_url);
        const auto token_url = prefix("get-token-url", options.token_url);
        warn_unless_directory("-dm", dm_url);
        warn_unless_directory("-get-token-url", token_url);
        if (dm_url) {
            dm_server.emplace(client, *dm_url, signing, places);
            declarative_management.emplace(*dm_server);
        }
        if (token_url) {
            token_server.emplace(client, *token_url, signing, places);
            token_upstream.emplace(*token_server);
        }
        tokens.emplace(token_files(options), token_upstream ? &*token_upstream : nullptr);
    }

    const SourceOptions options;
    http::HttpClient client;
    http::Places places;
    std::optional<http::UpstreamServer> dm_server;
    std::optional<http::UpstreamServer> token_server;
    std::optional<http::DeclarativeUpstream> declarative_management;
    std::optional<http::TokenUpstream> token_upstream;
    std::optional<service::TokenFiles> tokens; ///< the files, then the server
};

void DeviceSources::check(const SourceOptions& options) {
    (void)keys(options);
    (void)prefix("dm", options.dm_url);
    (void)prefix("get-token-url", options.token_url);
    (void)token_files(options);
}

DeviceSources::DeviceSources(const SourceOptions& options, unsigned most_waiting)
    : parts_{std::make_unique<Parts>(options, most_waiting)} {}

DeviceSources::~DeviceSources() = default;

service::CoreSources DeviceSources::for_core() const noexcept {
    auto& parts = *parts_;
    return {.declarative_management = parts.declarative_management ? &*parts.declarative_management : nullptr,
            .tokens = &*parts.tokens};
}

void DeviceSources::reload() {
    const auto signing = keys(parts_->options);
    for (auto* server : {&parts_->dm_server, &parts_->token_server})
        if (*server) (*server)->replace_keys(signing);
}

void DeviceSources::stop() noexcept { parts_->client.stop(); }

} // namespace nanomdm::app
