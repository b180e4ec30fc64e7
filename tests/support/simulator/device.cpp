// The messages of Apple's MDM check-in and command protocol, from the device's side.
#include "support/simulator/device.hpp"

#include <openssl/rand.h>
#include <stdexcept>
#include <utility>

namespace nanomdm::sim {
namespace {

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error{"no random bytes"};
    return bytes;
}

HttpClient client_for(const Endpoint& endpoint, const Identity& identity) {
    TlsOptions tls;
    tls.ca_pem = endpoint.ca_pem;
    if (endpoint.proof == Proof::client_certificate) tls.client = identity;
    return HttpClient{std::move(tls)};
}

void expect_ok(const HttpResponse& response, const char* what) {
    if (response.status != 200)
        throw std::runtime_error{std::string{what} + " was answered " + std::to_string(response.status) +
                                 " " + response.body};
}

} // namespace

Device::Device(Channel channel, Identity identity, Endpoint endpoint, DeviceProfile profile)
    : channel_{std::move(channel)}, identity_{std::move(identity)}, endpoint_{std::move(endpoint)},
      profile_{std::move(profile)}, http_{client_for(endpoint_, identity_)} {
    if (profile_.push_magic.empty()) profile_.push_magic = random_uuid();
    if (profile_.push_token.empty()) profile_.push_token = random_bytes(32);
}

void Device::use_identity(Identity identity) {
    identity_ = std::move(identity);
    http_ = client_for(endpoint_, identity_);
}

void Device::use_endpoint(Endpoint endpoint) {
    endpoint_ = std::move(endpoint);
    http_ = client_for(endpoint_, identity_);
}

std::string Device::message(std::string_view type, const Dict& more) const {
    return Dict{}.string("MessageType", type).merge(channel_.members()).merge(more).document();
}

std::string Device::authenticate_message() const {
    Dict more;
    more.string("Topic", profile_.topic)
        .string("Model", profile_.model)
        .string("ModelName", profile_.product_name)
        .string("ProductName", profile_.model)
        .string("DeviceName", profile_.device_name)
        .string("OSVersion", profile_.os_version)
        .string("BuildVersion", profile_.build_version);
    if (!channel_.udid.empty()) more.string("SerialNumber", profile_.serial_number); // BYOD hides it
    return message("Authenticate", more);
}

std::string Device::token_update_message() const {
    Dict more;
    more.string("Topic", profile_.topic)
        .bytes("Token", profile_.push_token)
        .string("PushMagic", profile_.push_magic)
        .boolean("NotOnConsole", false);
    if (!profile_.unlock_token.empty()) more.bytes("UnlockToken", profile_.unlock_token);
    return message("TokenUpdate", more);
}

std::string Device::report_message(std::string_view status, const std::optional<std::string>& uuid,
                                   const Dict& results) const {
    Dict report = channel_.members();
    report.string("Status", status);
    if (uuid) report.string("CommandUUID", *uuid);
    return report.merge(results).document();
}

void Device::enroll() {
    if (!channel_.is_user_channel()) expect_ok(authenticate(), "Authenticate");
    expect_ok(token_update(), "TokenUpdate");
}

HttpResponse Device::user_authenticate(std::string_view digest_response) {
    Dict more;
    if (!digest_response.empty()) more.string("DigestResponse", digest_response);
    return check_in(message("UserAuthenticate", more));
}

HttpResponse Device::set_bootstrap_token(std::string_view token) {
    Dict more;
    if (!token.empty()) more.bytes("BootstrapToken", token);
    return check_in(message("SetBootstrapToken", more));
}

HttpResponse Device::get_token(std::string_view service_type) {
    return check_in(message("GetToken", Dict{}.string("TokenServiceType", service_type)));
}

HttpResponse Device::declarative_management(std::string_view endpoint, std::string_view data) {
    Dict more;
    more.string("Endpoint", endpoint);
    if (!data.empty()) more.bytes("Data", data);
    return check_in(message("DeclarativeManagement", more));
}

std::vector<Exchange> Device::connect(const Answering& answering) {
    std::vector<Exchange> exchanges;
    auto response = report("Idle");
    for (;;) {
        expect_ok(response, "A command report");
        if (response.body.empty()) return exchanges;
        auto command = parse_command(std::move(response.body));
        auto answer = answering(command);
        response = report(answer.status, command.uuid, answer.results);
        exchanges.push_back({.command = std::move(command), .status = std::move(answer.status)});
    }
}

std::vector<Exchange> Device::connect() { return connect(answer_with(*this, "Acknowledged")); }

HttpResponse Device::check_in(std::string body) { return http_.send(check_in_request(std::move(body))); }
HttpResponse Device::send_report(std::string body) { return http_.send(report_request(std::move(body))); }

HttpRequest Device::check_in_request(std::string body) const {
    auto result =
        request(endpoint_.checkin_url.empty() ? endpoint_.url : endpoint_.checkin_url, std::move(body));
    result.headers.emplace_back("Content-Type", "application/x-apple-aspen-mdm-checkin");
    return result;
}

HttpRequest Device::report_request(std::string body) const {
    auto result = request(endpoint_.url, std::move(body));
    result.headers.emplace_back("Content-Type", "application/x-apple-aspen-mdm");
    return result;
}

HttpRequest Device::request(std::string url, std::string body) const {
    HttpRequest result;
    result.method = "PUT";
    result.url = std::move(url);
    result.has_body = true;
    switch (endpoint_.proof) {
    case Proof::mdm_signature:
        result.headers.emplace_back("Mdm-Signature", mdm_signature(identity_, body));
        break;
    case Proof::rfc9440_header:
        result.headers.emplace_back(endpoint_.certificate_header, rfc9440_header(identity_));
        break;
    case Proof::pem_header:
        result.headers.emplace_back(endpoint_.certificate_header, escaped_pem_header(identity_));
        break;
    case Proof::client_certificate:
    case Proof::none:
        break;
    }
    result.body = std::move(body);
    return result;
}

} // namespace nanomdm::sim
