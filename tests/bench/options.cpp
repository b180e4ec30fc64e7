// CLI11 definitions.
#include "bench/options.hpp"

#include <CLI/CLI.hpp>

namespace nanomdm::bench {

Options parse_options(int argc, char** argv) {
    Options options;
    CLI::App app{
        "Measures an MDM server with simulated devices. Requests are signed before the clock starts.\n"
        "  nanomdm-bench --dir bench --prepare        makes bench/ca.pem (the server's -ca) and the "
        "identities\n"
        "  nanomdm-bench --dir bench --url http://127.0.0.1:9000 --api-key KEY --pid PID idle token-update\n"
        "Scenarios, in the order given: idle, token-update, declarative-management, deliver, enqueue-bulk, "
        "push.",
        "nanomdm-bench"};
    app.add_option("scenario", options.scenarios, "What to measure")
        ->check(CLI::IsMember(
            {"idle", "token-update", "declarative-management", "deliver", "enqueue-bulk", "push"}));
    app.add_option("--dir", options.dir, "Directory of the CA and the cached identities")->required();
    app.add_flag("--prepare", options.prepare_only, "Make the CA and the identities, then end");
    app.add_option("--url", options.url, "The server");
    app.add_option("--api-key", options.api_key, "Its API key (deliver, enqueue-bulk, push)");
    app.add_option("--api-style", options.api_style,
                   "json: IDs in a JSON body; url: IDs in the path, as NanoMDM")
        ->check(CLI::IsMember({"json", "url"}))
        ->capture_default_str();
    app.add_option("--devices", options.devices, "Enrollments")->capture_default_str();
    app.add_option("--keys", options.keys, "Distinct private keys; 0: one for each device")
        ->capture_default_str();
    app.add_flag("--ec", options.ec, "EC P-256 identities instead of RSA-2048");
    app.add_option("--connections", options.connections, "Keep-alive connections, one request at a time each")
        ->capture_default_str();
    app.add_option("--rate", options.rate,
                   "Requests per second of the devices' scenarios; 0: as fast as they are answered")
        ->capture_default_str();
    app.add_option("--warmup", options.warmup, "Seconds before counting")->capture_default_str();
    app.add_option("--seconds", options.seconds, "Seconds counted per scenario")->capture_default_str();
    app.add_option("--commands", options.commands, "deliver: commands per device and round")
        ->capture_default_str();
    app.add_option("--ids", options.ids, "enqueue-bulk, push: IDs per call")->capture_default_str();
    app.add_option("--signing-threads", options.signing_threads, "Threads that sign; 0: one per core");
    app.add_flag("--skip-enroll", options.skip_enroll, "The devices are enrolled already");
    app.add_option("--pid", options.pid, "The server's process, for its CPU time and memory");
    app.add_option("--database-pid", options.database_pid, "Its database's process, for the CPU time");
    app.add_option("--journal", options.journal, "Directory whose size is shown over time, e.g. DB/journal");
    app.add_option("--json", options.json, "Also write the results to this file");
    try {
        app.parse(argc, argv);
        if (!options.prepare_only && options.url.empty()) throw CLI::RequiredError("--url");
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
    while (!options.url.empty() && options.url.back() == '/') options.url.pop_back();
    return options;
}

} // namespace nanomdm::bench
