// nanomdm-bench: enrolls a simulated fleet at a running server and measures it, scenario by scenario.
#include "bench/fleet.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
#include "bench/scenario.hpp"

#include <exception>
#include <iostream>

namespace {

using namespace nanomdm::bench;

Measured measure(const std::string& scenario, const Options& options, const Fleet& fleet) {
    if (scenario == "idle") return measure_idle(options, fleet);
    if (scenario == "token-update") return measure_token_update(options, fleet);
    if (scenario == "declarative-management") return measure_declarative_management(options, fleet);
    if (scenario == "deliver") return measure_deliver(options, fleet);
    if (scenario == "enqueue-bulk") return measure_enqueue_bulk(options, fleet);
    return measure_push(options, fleet);
}

} // namespace

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    try {
        const Fleet fleet{options};
        if (options.prepare_only) return 0;
        std::vector<Measured> results;
        if (!options.skip_enroll) results.push_back(enroll(options, fleet));
        for (const auto& scenario : options.scenarios) results.push_back(measure(scenario, options, fleet));
        print_table(results);
        if (!options.json.empty()) write_json(options.json, options, results);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "nanomdm-bench: " << error.what() << "\n";
        return 1;
    }
}
