// parse_dsn(): the two forms of a DSN. No message names any part of it: what is misread may be the password.
#include "nanomdm/error.hpp"
#include "storage/mysql/dsn_parameters.hpp"
#include "storage/mysql/endpoint.hpp"

#include <charconv>

namespace nanomdm::storage::mysql {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error{Errc::invalid, "storage DSN: " + why}; }

/// `host`, `host:port`, `[::1]`, `[::1]:port`; what is missing keeps its default.
void read_address(std::string_view address, Endpoint& endpoint) {
    std::string_view host = address;
    std::string_view port;
    if (address.starts_with('[')) {
        const auto close = address.find(']');
        if (close == std::string_view::npos) refuse("[ without ] in the host");
        host = address.substr(1, close - 1);
        port = address.substr(close + 1);
    } else if (const auto colon = address.find(':'); colon != std::string_view::npos) {
        host = address.substr(0, colon);
        port = address.substr(colon);
    }
    if (!host.empty()) endpoint.host = host;
    if (port.empty() || port == ":") return;
    const auto digits = port.substr(1);
    const auto end = digits.data() + digits.size();
    const auto [at, failed] = std::from_chars(digits.data(), end, endpoint.port);
    if (port.front() != ':' || failed != std::errc{} || at != end || endpoint.port == 0)
        refuse("the port is no number from 1 to 65535 (an IPv6 address stands in brackets)");
}

void read_database_and_parameters(std::string_view text, Endpoint& endpoint) {
    const auto mark = text.find('?');
    endpoint.database = percent_decoded(text.substr(0, mark));
    if (mark != std::string_view::npos) read_parameters(text.substr(mark + 1), endpoint);
    if (endpoint.database.empty()) refuse("no database is named");
}

/// A network of the Go driver with its address in parentheses; either may be missing.
bool is_network(std::string_view text) {
    const auto open = text.find('(');
    if (open != std::string_view::npos && !text.ends_with(')')) return false;
    const auto name = text.substr(0, open);
    return name.empty() || name == "tcp" || name == "unix";
}

void read_network(std::string_view text, Endpoint& endpoint) {
    const auto open = text.find('(');
    const bool unix_socket = text.starts_with("unix");
    if (unix_socket) endpoint.socket = "/tmp/mysql.sock"; // the Go driver's default
    if (open == std::string_view::npos) return;
    const auto address = text.substr(open + 1, text.size() - open - 2);
    if (!unix_socket)
        read_address(address, endpoint);
    else if (!address.empty())
        endpoint.socket = address;
}

/// Splits as the driver does: the last slash, before it the last @, before that the first colon. A slash in a
/// parameter's value, which the driver wants encoded, is not taken for the one before the database.
Endpoint parse_go_form(std::string_view dsn) {
    for (auto slash = dsn.rfind('/'); slash != std::string_view::npos;
         slash = slash == 0 ? std::string_view::npos : dsn.rfind('/', slash - 1)) {
        const auto left = dsn.substr(0, slash);
        const auto at = left.rfind('@');
        const auto network = at == std::string_view::npos ? left : left.substr(at + 1);
        if (!is_network(network)) continue;
        Endpoint endpoint;
        if (at != std::string_view::npos) {
            const auto account = left.substr(0, at);
            const auto colon = account.find(':');
            endpoint.user = account.substr(0, colon);
            if (colon != std::string_view::npos) endpoint.password = account.substr(colon + 1);
        }
        read_network(network, endpoint);
        read_database_and_parameters(dsn.substr(slash + 1), endpoint);
        return endpoint;
    }
    refuse("neither user:password@tcp(host:3306)/database nor mysql://user:password@host:3306/database");
}

Endpoint parse_url_form(std::string_view rest) {
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) refuse("no / before the database");
    const auto authority = rest.substr(0, slash);
    const auto at = authority.rfind('@');
    if (at == std::string_view::npos)
        refuse("no user in the URL (/, ? and # in a password are written %2F, %3F and %23)");
    Endpoint endpoint;
    const auto account = authority.substr(0, at);
    const auto colon = account.find(':');
    endpoint.user = percent_decoded(account.substr(0, colon));
    if (colon != std::string_view::npos) endpoint.password = percent_decoded(account.substr(colon + 1));
    read_address(authority.substr(at + 1), endpoint);
    read_database_and_parameters(rest.substr(slash + 1), endpoint);
    return endpoint;
}

} // namespace

Endpoint parse_dsn(std::string_view dsn) {
    for (const std::string_view scheme : {"mysql://", "mariadb://"})
        if (dsn.starts_with(scheme)) return parse_url_form(dsn.substr(scheme.size()));
    return parse_go_form(dsn);
}

} // namespace nanomdm::storage::mysql
