// nanomdm-simulator: simulated Apple devices on the command line, one step at a time.
#include "support/simulator/commands.hpp"

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    CLI::App app{
        "Simulated Apple devices for an MDM server. Each call does one step and remembers it in --dir:\n\n"
        "  nanomdm-simulator ca --dir sim\n"
        "  nanomdm-simulator enroll --dir sim --url http://127.0.0.1:9000/mdm --udid MAC1\n"
        "  nanomdm-simulator connect --dir sim --status NotNow\n",
        "nanomdm-simulator"};
    app.require_subcommand(1);
    nanomdm::sim::add_local_commands(app);
    nanomdm::sim::add_device_commands(app);
    try {
        CLI11_PARSE(app, argc, argv);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "nanomdm-simulator: " << error.what() << "\n";
        return 1;
    }
}
