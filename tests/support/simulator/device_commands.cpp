// One subcommand for each thing a device does.
#include "support/simulator/commands.hpp"
#include "support/simulator/state.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace nanomdm::sim {
namespace {

/// Which enrollment of the state directory a subcommand acts on.
struct Selection {
    std::string dir;
    std::string id;

    void add_to(CLI::App& command) {
        command.add_option("--dir", dir, "State directory")->required();
        command.add_option("--id", id, "Enrollment ID (default: the only one there is)");
    }
    [[nodiscard]] SavedEnrollment load(const StateDirectory& state) const {
        if (!id.empty()) return state.enrollment(id);
        auto all = state.enrollments();
        if (all.size() != 1)
            throw std::runtime_error{std::to_string(all.size()) + " enrollments here; choose with --id"};
        return std::move(all.front());
    }
};

int show(const HttpResponse& response) {
    std::cout << response.status << "\n" << response.body;
    if (!response.body.empty() && response.body.back() != '\n') std::cout << "\n";
    return response.status == 200 ? 0 : 1;
}

/// A subcommand that sends one message of the chosen enrollment.
template <class Send> CLI::App* add_message(CLI::App& app, const char* name, const char* help, Send send) {
    const auto selection = std::make_shared<Selection>();
    auto* command = app.add_subcommand(name, help);
    selection->add_to(*command);
    command->callback([selection, send] {
        const StateDirectory state{selection->dir};
        const auto saved = selection->load(state);
        Device device{saved.channel, state.identity(saved.channel), saved.endpoint, saved.profile};
        if (const int failed = show(send(device)); failed != 0) throw CLI::RuntimeError(failed);
    });
    return command;
}

struct EnrollOptions {
    std::string dir;
    std::string type = "device";
    SavedEnrollment saved;
    std::string proof = "mdm-signature";
    std::string server_ca;
    bool ec = false;
    bool fresh_identity = false;
    std::string unlock_token;

    [[nodiscard]] Channel channel() const {
        const auto& given = saved.channel;
        const auto or_random = [](const std::string& text) { return text.empty() ? random_uuid() : text; };
        if (type == "device") return Channel::device(or_random(given.udid));
        if (type == "byod-device") return Channel::user_enrollment_device(or_random(given.enrollment_id));
        const bool byod = type == "byod-user";
        if ((byod ? given.enrollment_id : given.udid).empty())
            throw std::runtime_error{"a user channel needs the ID of its device"};
        if (byod)
            return Channel::user_enrollment(given.enrollment_id, or_random(given.enrollment_user_id),
                                            given.user_short_name, given.user_long_name);
        if (type == "shared-ipad") return Channel::shared_ipad(given.udid, given.user_short_name);
        return Channel::user(given.udid, or_random(given.user_id), given.user_short_name,
                             given.user_long_name);
    }
};

void enroll(const EnrollOptions& options) {
    const StateDirectory state{options.dir};
    SavedEnrollment saved = options.saved;
    saved.channel = options.channel();
    saved.endpoint.proof = proof_from(options.proof);
    saved.profile.unlock_token = options.unlock_token;
    if (!options.server_ca.empty()) saved.endpoint.ca_pem = read_text(options.server_ca);
    if (options.fresh_identity || !state.has_identity(saved.channel)) {
        CertificateRequest request;
        request.common_name = saved.channel.udid.empty() ? saved.channel.enrollment_id : saved.channel.udid;
        state.save_identity(saved.channel, state.authority().issue(request, options.ec ? KeyKind::ec_p256
                                                                                       : KeyKind::rsa_2048));
    }
    Device device{saved.channel, state.identity(saved.channel), saved.endpoint, saved.profile};
    device.enroll();
    saved.profile = device.profile(); // with the push data it made up
    state.save(saved);
    std::cout << device.id() << "\n";
}

void add_enroll(CLI::App& app) {
    const auto options = std::make_shared<EnrollOptions>();
    auto* command = app.add_subcommand("enroll", "Enroll, or enroll again: Authenticate and TokenUpdate");
    auto& [channel, endpoint, profile] = options->saved;
    command->add_option("--dir", options->dir, "State directory with ca.pem and ca.key")->required();
    command->add_option("--url", endpoint.url, "The server's MDM endpoint, http://HOST:9000/mdm")->required();
    command->add_option("--checkin-url", endpoint.checkin_url, "Check-in endpoint where it is another one");
    command->add_option("--type", options->type, "Kind of enrollment")
        ->check(CLI::IsMember({"device", "user", "shared-ipad", "byod-device", "byod-user"}))
        ->capture_default_str();
    command->add_option("--udid", channel.udid, "UDID (default: random)");
    command->add_option("--user-id", channel.user_id, "UserID of a user channel (default: random)");
    command->add_option("--short-name", channel.user_short_name, "UserShortName");
    command->add_option("--long-name", channel.user_long_name, "UserLongName");
    command->add_option("--enrollment-id", channel.enrollment_id, "EnrollmentID, BYOD (default: random)");
    command->add_option("--enrollment-user-id", channel.enrollment_user_id, "EnrollmentUserID, BYOD");
    command->add_option("--proof", options->proof, "How the identity is shown")
        ->check(
            CLI::IsMember({"mdm-signature", "client-certificate", "rfc9440-header", "pem-header", "none"}))
        ->capture_default_str();
    command
        ->add_option("--header", endpoint.certificate_header, "Name of the header for the two header proofs")
        ->capture_default_str();
    command->add_option("--server-ca", options->server_ca,
                        "PEM file that the server's TLS certificate is checked against");
    command->add_option("--serial", profile.serial_number, "Serial number")->capture_default_str();
    command->add_option("--topic", profile.topic, "APNs topic")->capture_default_str();
    command->add_option("--unlock-token", options->unlock_token, "UnlockToken to send");
    command->add_flag("--ec", options->ec, "EC P-256 identity instead of RSA-2048");
    command->add_flag("--new-identity", options->fresh_identity,
                      "Take a new identity even when there is one");
    command->callback([options] { enroll(*options); });
}

void add_connect(CLI::App& app) {
    struct Options : Selection {
        std::string status = "Acknowledged";
        std::map<std::string, std::string> by_type;
    };
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("connect", "Fetch and answer commands until there is none");
    options->add_to(*command);
    command
        ->add_option("--status", options->status, "Answer: Acknowledged, Error, CommandFormatError or NotNow")
        ->capture_default_str();
    command->add_option("--status-for", options->by_type, "Another answer to one request type: TYPE STATUS");
    command->callback([options] {
        const StateDirectory state{options->dir};
        const auto saved = options->load(state);
        Device device{saved.channel, state.identity(saved.channel), saved.endpoint, saved.profile};
        for (const auto& [received, status] :
             device.connect(answer_with(device, options->status, options->by_type)))
            std::cout << received.uuid << "\t" << received.request_type << "\t" << status << "\n";
    });
}

void add_renew(CLI::App& app) {
    const auto selection = std::make_shared<Selection>();
    auto* command =
        app.add_subcommand("renew", "Get a new identity with the same subject and connect with it");
    selection->add_to(*command);
    command->callback([selection] {
        const StateDirectory state{selection->dir};
        const auto saved = selection->load(state);
        CertificateRequest request;
        request.common_name = saved.channel.udid.empty() ? saved.channel.enrollment_id : saved.channel.udid;
        request.starts_in = std::chrono::seconds{0};
        state.save_identity(saved.channel, state.authority().issue(request));
        Device device{saved.channel, state.identity(saved.channel), saved.endpoint, saved.profile};
        if (const int failed = show(device.report("Idle")); failed != 0) throw CLI::RuntimeError(failed);
    });
}

} // namespace

void add_device_commands(CLI::App& app) {
    add_enroll(app);
    add_connect(app);
    add_message(app, "token-update", "Send a TokenUpdate",
                [](Device& device) { return device.token_update(); });
    add_message(app, "checkout", "Leave the server", [](Device& device) { return device.check_out(); });
    add_renew(app);

    const auto token = std::make_shared<std::string>();
    add_message(app, "set-bootstrap-token", "Escrow a bootstrap token", [token](Device& device) {
        return device.set_bootstrap_token(*token);
    })->add_option("--token", *token, "Its bytes; left out: delete it");
    add_message(app, "get-bootstrap-token", "Ask for the escrowed bootstrap token",
                [](Device& device) { return device.get_bootstrap_token(); });

    const auto digest = std::make_shared<std::string>();
    add_message(app, "user-authenticate", "Send a UserAuthenticate", [digest](Device& device) {
        return device.user_authenticate(*digest);
    })->add_option("--digest-response", *digest, "The second message of the exchange");

    const auto service = std::make_shared<std::string>("com.apple.maid");
    add_message(app, "get-token", "Ask for a token",
                [service](Device& device) { return device.get_token(*service); })
        ->add_option("--service-type", *service, "TokenServiceType")
        ->capture_default_str();

    const auto endpoint = std::make_shared<std::string>("declaration-items");
    add_message(app, "declarative", "Ask the declarative management endpoint",
                [endpoint](Device& device) { return device.declarative_management(*endpoint); })
        ->add_option("--endpoint", *endpoint, "Endpoint")
        ->capture_default_str();
}

} // namespace nanomdm::sim
