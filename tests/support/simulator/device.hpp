// A simulated Apple device: makes its messages, proves its identity and talks to the server.
#pragma once

#include "support/simulator/channel.hpp"
#include "support/simulator/http_client.hpp"
#include "support/simulator/identity.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::sim {

/// How the device shows its identity certificate.
enum class Proof {
    mdm_signature,      ///< the Mdm-Signature header over each body
    client_certificate, ///< TLS
    rfc9440_header,     ///< the header a proxy would set, `:base64 DER:`
    pem_header,         ///< the header a proxy would set, URL-escaped PEM
    none,
};

struct Endpoint {
    std::string url = {};         ///< ServerURL: command reports
    std::string checkin_url = {}; ///< CheckInURL; empty: the same
    Proof proof = Proof::mdm_signature;
    std::string certificate_header = "X-Client-Certificate"; ///< for the two header proofs
    std::string ca_pem = {};                                 ///< of the server's TLS certificate
};

/// What the device reports about itself.
struct DeviceProfile {
    std::string serial_number = "C02SIM000001";
    std::string model = "MacBookPro18,3";
    std::string product_name = "MacBook Pro";
    std::string os_version = "14.6.1";
    std::string build_version = "23G93";
    std::string device_name = "Simulated Mac";
    std::string topic = "com.apple.mgmt.External.simulator";
    std::string push_magic;   ///< made up when empty
    std::string push_token;   ///< 32 raw bytes; made up when empty
    std::string unlock_token; ///< raw bytes; empty: not sent
};

/// What a device says about one command.
struct Answer {
    std::string status = "Acknowledged";
    Dict results; ///< members besides Status and CommandUUID
};
using Answering = std::function<Answer(const ReceivedCommand&)>;

/// One command received and answered in a connect.
struct Exchange {
    ReceivedCommand command;
    std::string status;
};

/// Not thread-safe.
class Device {
public:
    Device(Channel channel, Identity identity, Endpoint endpoint, DeviceProfile profile = {});

    [[nodiscard]] std::string id() const { return channel_.id(); }
    [[nodiscard]] const Channel& channel() const noexcept { return channel_; }
    [[nodiscard]] DeviceProfile& profile() noexcept { return profile_; }
    [[nodiscard]] const Identity& identity() const noexcept { return identity_; }
    /// From now on with another certificate, as after a renewal.
    void use_identity(Identity identity);
    /// From now on with another server, e.g. after it was started again on another port.
    void use_endpoint(Endpoint endpoint);

    /// The messages, as bytes.
    [[nodiscard]] std::string authenticate_message() const;
    [[nodiscard]] std::string token_update_message() const;
    [[nodiscard]] std::string message(std::string_view type, const Dict& more = {}) const;
    [[nodiscard]] std::string report_message(std::string_view status, const std::optional<std::string>& uuid,
                                             const Dict& results = {}) const;

    HttpResponse authenticate() { return check_in(authenticate_message()); }
    HttpResponse token_update() { return check_in(token_update_message()); }
    /// Authenticate (device channels only) and TokenUpdate. @throws std::runtime_error unless both get 200.
    void enroll();
    HttpResponse check_out() { return check_in(message("CheckOut")); }
    /// @param digest_response empty: the first message of the exchange.
    HttpResponse user_authenticate(std::string_view digest_response = {});
    HttpResponse set_bootstrap_token(std::string_view token);
    HttpResponse get_bootstrap_token() { return check_in(message("GetBootstrapToken")); }
    HttpResponse get_token(std::string_view service_type);
    HttpResponse declarative_management(std::string_view endpoint, std::string_view data = {});

    /// One command report.
    HttpResponse report(std::string_view status, const std::optional<std::string>& uuid = {},
                        const Dict& results = {}) {
        return send_report(report_message(status, uuid, results));
    }
    /// Idle, then an answer to each command until there is none.
    /// @throws std::runtime_error on any status but 200.
    std::vector<Exchange> connect(const Answering& answering);
    /// The same, everything acknowledged with plausible results.
    std::vector<Exchange> connect();

    /// Any bytes, signed like a real message.
    HttpResponse check_in(std::string body);
    HttpResponse send_report(std::string body);
    /// The request without sending it, for tests that break it first.
    [[nodiscard]] HttpRequest check_in_request(std::string body) const;
    [[nodiscard]] HttpRequest report_request(std::string body) const;
    [[nodiscard]] HttpClient& http() noexcept { return http_; }

private:
    [[nodiscard]] HttpRequest request(std::string url, std::string body) const;

    Channel channel_;
    Identity identity_;
    Endpoint endpoint_;
    DeviceProfile profile_;
    HttpClient http_;
};

/// What a real device would answer to a command.
[[nodiscard]] Dict plausible_results(const ReceivedCommand& command, const Device& device,
                                     const DeviceProfile& profile);

/// Answers every command with one status, and some request types with another.
[[nodiscard]] Answering answer_with(Device& device, std::string status,
                                    std::map<std::string, std::string> by_request_type = {});

} // namespace nanomdm::sim
