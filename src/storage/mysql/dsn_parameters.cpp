#include "storage/mysql/dsn_parameters.hpp"

#include "encoding/hex.hpp"
#include "nanomdm/error.hpp"
#include "storage/mysql/go_duration.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace nanomdm::storage::mysql {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error{Errc::invalid, "storage DSN: " + why}; }

/// Lower case, with dashes: SSL_CA is ssl-ca.
std::string plain(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == '_') c = '-';
    }
    return result;
}

template <std::size_t size>
TlsMode one_of(const std::array<std::pair<std::string_view, TlsMode>, size>& known, std::string_view value,
               const char* allowed) {
    const auto text = plain(value);
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const auto& mode) { return mode.first == text; });
    if (found == known.end()) refuse(allowed);
    return found->second;
}

TlsMode ssl_mode(std::string_view value) {
    constexpr std::array<std::pair<std::string_view, TlsMode>, 5> known{
        {{"disabled", TlsMode::disabled},
         {"preferred", TlsMode::preferred},
         {"required", TlsMode::required},
         {"verify-ca", TlsMode::verify_ca},
         {"verify-identity", TlsMode::verify_identity}}};
    return one_of(known, value, "ssl-mode is disabled, preferred, required, verify-ca or verify-identity");
}

TlsMode go_tls(std::string_view value) {
    constexpr std::array<std::pair<std::string_view, TlsMode>, 6> known{{{"true", TlsMode::verify_identity},
                                                                         {"1", TlsMode::verify_identity},
                                                                         {"false", TlsMode::disabled},
                                                                         {"0", TlsMode::disabled},
                                                                         {"skip-verify", TlsMode::required},
                                                                         {"preferred", TlsMode::preferred}}};
    return one_of(known, value,
                  "tls is true, false, skip-verify or preferred (for a CA of your own, use ssl-ca instead)");
}

std::chrono::seconds duration(std::string_view value) {
    const auto parsed = parse_go_duration(value);
    if (!parsed) refuse("timeout, readTimeout and writeTimeout are durations like 30s or 1m30s");
    return std::chrono::ceil<std::chrono::seconds>(*parsed);
}

/// Collects what says something about TLS, since the order of parameters means nothing.
class TlsParameters {
public:
    /// @return false when it is none of them.
    bool read(const std::string& name, const std::string& value) {
        if (name == "ssl-mode") {
            mode_ = ssl_mode(value);
        } else if (name == "tls") {
            go_mode_ = go_tls(value);
        } else if (name == "ssl-ca") {
            files_.ca = file(value);
        } else if (name == "ssl-cert") {
            files_.certificate = file(value);
        } else if (name == "ssl-key") {
            files_.key = file(value);
        } else if (name.starts_with("ssl") || name.starts_with("tls")) {
            refuse(
                "a parameter that begins with ssl or tls and is none of ssl-mode, ssl-ca, ssl-cert, ssl-key "
                "and tls: to leave it out might weaken the connection");
        } else {
            return false;
        }
        return true;
    }

    [[nodiscard]] TlsOptions options() const {
        if (mode_ && go_mode_) refuse("ssl-mode and tls are both given; one says it");
        if (files_.certificate.empty() != files_.key.empty()) refuse("ssl-cert and ssl-key go together");
        auto options = files_;
        options.mode = mode_ ? *mode_ : go_mode_ ? *go_mode_ : implied_mode();
        if (options.mode == TlsMode::disabled && !(files_.ca.empty() && files_.certificate.empty()))
            refuse("TLS is switched off, and files for it are named");
        return options;
    }

private:
    static const std::string& file(const std::string& path) {
        if (path.empty()) refuse("ssl-ca, ssl-cert and ssl-key are paths of PEM files");
        return path;
    }

    [[nodiscard]] TlsMode implied_mode() const {
        if (!files_.ca.empty()) return TlsMode::verify_identity;
        return files_.certificate.empty() ? TlsMode::disabled : TlsMode::required;
    }

    std::optional<TlsMode> mode_;
    std::optional<TlsMode> go_mode_;
    TlsOptions files_;
};

} // namespace

void read_parameters(std::string_view text, Endpoint& endpoint) {
    TlsParameters tls;
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto parameter = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (parameter.empty()) continue;
        const auto equals = parameter.find('=');
        const auto given_name = percent_decoded(parameter.substr(0, equals));
        const auto value =
            equals == std::string_view::npos ? std::string{} : percent_decoded(parameter.substr(equals + 1));
        const auto name = plain(given_name);
        if (tls.read(name, value)) continue;
        if (name == "timeout")
            endpoint.connect_timeout = duration(value);
        else if (name == "readtimeout" || name == "read-timeout")
            endpoint.read_timeout = duration(value);
        else if (name == "writetimeout" || name == "write-timeout")
            endpoint.write_timeout = duration(value);
        else if (name == "socket")
            endpoint.socket = value;
        else
            endpoint.ignored.push_back(given_name);
    }
    endpoint.tls = tls.options();
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const auto byte = i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
        if (!byte) refuse("a % that is not followed by two hexadecimal digits; a % itself is written %25");
        decoded += *byte;
        i += 2;
    }
    return decoded;
}

} // namespace nanomdm::storage::mysql
