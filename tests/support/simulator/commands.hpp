// The subcommands of nanomdm-simulator.
#pragma once

namespace CLI {
class App;
}

namespace nanomdm::sim {

/// `ca`, `push-cert`, `list`: what works without a server.
void add_local_commands(CLI::App& app);
/// `enroll`, `connect`, `checkout` and every other message.
void add_device_commands(CLI::App& app);

} // namespace nanomdm::sim
