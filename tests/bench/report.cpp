// Times in microseconds unless the name says otherwise.
#include "bench/report.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace nanomdm::bench {
namespace {

double milliseconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

double per_request(std::chrono::microseconds time, const LoadResult& load) {
    return load.requests == 0 ? 0 : static_cast<double>(time.count()) / static_cast<double>(load.requests);
}

std::uint64_t largest(const std::vector<Sample>& samples, std::uint64_t Sample::*member) {
    std::uint64_t result = 0;
    for (const auto& sample : samples) result = std::max(result, sample.*member);
    return result;
}

nlohmann::json to_json(const Measured& measured) {
    const auto& load = measured.load;
    nlohmann::json samples = nlohmann::json::array();
    for (const auto& sample : measured.samples)
        samples.push_back({{"seconds", sample.seconds},
                           {"requests", sample.requests},
                           {"resident_bytes", sample.resident_bytes},
                           {"journal_bytes", sample.journal_bytes}});
    return {{"scenario", measured.scenario},
            {"request", measured.remark},
            {"seconds", load.elapsed.count()},
            {"requests", load.requests},
            {"errors", load.errors},
            {"requests_per_second", static_cast<double>(load.requests) / load.elapsed.count()},
            {"latency_ms",
             {{"p50", milliseconds(load.latencies.quantile(0.5))},
              {"p99", milliseconds(load.latencies.quantile(0.99))},
              {"p99.9", milliseconds(load.latencies.quantile(0.999))},
              {"max", milliseconds(load.latencies.max())}}},
            {"server_cpu_us_per_request", per_request(load.cpu.server, load)},
            {"database_cpu_us_per_request", per_request(load.cpu.database, load)},
            {"client_cpu_us_per_request", per_request(load.client_cpu, load)},
            {"samples", samples}};
}

} // namespace

void print_table(const std::vector<Measured>& results) {
    std::printf("%-13s %11s %8s %8s %8s %8s %7s %10s %11s %10s %8s %10s %10s\n", "scenario", "requests/s",
                "p50 ms", "p99 ms", "p99.9", "max", "errors", "server us", "database us", "client us",
                "RSS MB", "journal MB", "at the end");
    for (const auto& measured : results) {
        const auto& load = measured.load;
        std::printf(
            "%-13s %11.1f %8.2f %8.2f %8.2f %8.1f %7llu %10.1f %11.1f %10.1f %8.1f %10.1f %10.1f  %s\n",
            measured.scenario.c_str(), static_cast<double>(load.requests) / load.elapsed.count(),
            milliseconds(load.latencies.quantile(0.5)), milliseconds(load.latencies.quantile(0.99)),
            milliseconds(load.latencies.quantile(0.999)), milliseconds(load.latencies.max()),
            static_cast<unsigned long long>(load.errors), per_request(load.cpu.server, load),
            per_request(load.cpu.database, load), per_request(load.client_cpu, load),
            static_cast<double>(largest(measured.samples, &Sample::resident_bytes)) / 1e6,
            static_cast<double>(largest(measured.samples, &Sample::journal_bytes)) / 1e6,
            measured.samples.empty() ? 0 : static_cast<double>(measured.samples.back().journal_bytes) / 1e6,
            measured.remark.c_str());
    }
}

void write_json(const std::filesystem::path& file, const Options& options,
                const std::vector<Measured>& results) {
    nlohmann::json document{{"devices", options.devices},
                            {"connections", options.connections},
                            {"identities", options.ec ? "EC P-256" : "RSA-2048"},
                            {"rate", options.rate},
                            {"warmup_seconds", options.warmup},
                            {"scenarios", nlohmann::json::array()}};
    for (const auto& measured : results) document["scenarios"].push_back(to_json(measured));
    std::ofstream out{file};
    out << document.dump(2) << "\n";
    if (!out.flush()) throw std::runtime_error{"cannot write " + file.string()};
}

} // namespace nanomdm::bench
