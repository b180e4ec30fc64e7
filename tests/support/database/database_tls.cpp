// Made anew in each test: no key is ever committed.
#include "support/database/database_tls.hpp"

#include "support/test_ca.hpp"

namespace nanomdm::test {
namespace {

CertificateRequest server_request(const std::string& host) {
    CertificateRequest request;
    request.common_name = host;
    request.dns_names = {host};
    request.extended_key_usage = "serverAuth";
    return request;
}

} // namespace

DatabaseTls::DatabaseTls() {
    const auto write = [this](const std::string& name, const Identity& identity) {
        directory_.write(name + ".pem", identity.certificate_pem);
        directory_.write(name + ".key", identity.private_key_pem);
    };
    const auto authority = TestCa::make_root("Database Root");
    auto local = server_request("localhost");
    local.ip_addresses = {"127.0.0.1"};
    write("server", authority.issue(local));
    write("misnamed", authority.issue(server_request("database.example")));
    CertificateRequest client;
    client.common_name = "nanomdm";
    write("client", authority.issue(client));
    directory_.write("ca.pem", authority.certificate_pem());
    directory_.write("other-ca.pem", TestCa::make_root("Other Root").certificate_pem());
}

std::vector<std::string> DatabaseTls::arguments_of(const std::string& name) const {
    return {"--ssl-ca=" + ca().string(), "--ssl-cert=" + (directory_ / (name + ".pem")).string(),
            "--ssl-key=" + (directory_ / (name + ".key")).string()};
}

std::vector<std::string> DatabaseTls::server_arguments() const { return arguments_of("server"); }
std::vector<std::string> DatabaseTls::misnamed_server_arguments() const { return arguments_of("misnamed"); }

} // namespace nanomdm::test
