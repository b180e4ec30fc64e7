// Making the certificates of a test set-up, and looking at what has been enrolled.
#include "support/simulator/commands.hpp"
#include "support/simulator/state.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace nanomdm::sim {
namespace {

void add_ca(CLI::App& app) {
    struct Options {
        std::string dir;
        std::string name = "nanomdm simulator CA";
        bool rsa = false;
    };
    const auto options = std::make_shared<Options>();
    auto* command =
        app.add_subcommand("ca", "Make the CA that signs device identities (DIR/ca.pem, DIR/ca.key)");
    command->add_option("--dir", options->dir, "State directory")->required();
    command->add_option("--name", options->name, "Common name")->capture_default_str();
    command->add_flag("--rsa", options->rsa, "RSA-2048 instead of EC P-256");
    command->callback([options] {
        const StateDirectory state{options->dir};
        if (!state.has_authority())
            state.save_authority(
                Authority::create(options->name, options->rsa ? KeyKind::rsa_2048 : KeyKind::ec_p256));
        std::cout << state.file("ca.pem").string() << "\n";
    });
}

void add_push_cert(CLI::App& app) {
    struct Options {
        std::string dir;
        std::string topic = DeviceProfile{}.topic;
    };
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand(
        "push-cert",
        "Make a self-signed push certificate (DIR/push.pem, for PUT /v1/pushcert and the fake APNs)");
    command->add_option("--dir", options->dir, "State directory")->required();
    command->add_option("--topic", options->topic, "com.apple.mgmt.…")->capture_default_str();
    command->callback([options] {
        const StateDirectory state{options->dir};
        const auto identity = make_push_certificate(options->topic);
        write_text(state.file("push.pem"), identity.certificate_pem() + identity.key_pem());
        std::cout << state.file("push.pem").string() << "\n";
    });
}

void add_list(CLI::App& app) {
    const auto dir = std::make_shared<std::string>();
    auto* command = app.add_subcommand("list", "Show the enrollments in the state directory");
    command->add_option("--dir", *dir, "State directory")->required();
    command->callback([dir] {
        for (const auto& saved : StateDirectory{*dir}.enrollments())
            std::cout << saved.channel.id() << "\t" << saved.profile.serial_number << "\t"
                      << saved.endpoint.url << "\n";
    });
}

} // namespace

void add_local_commands(CLI::App& app) {
    add_ca(app);
    add_push_cert(app);
    add_list(app);
}

} // namespace nanomdm::sim
