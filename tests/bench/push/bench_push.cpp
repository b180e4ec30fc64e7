// How long one call for many enrollments takes, and what it costs in CPU and memory.
#include "push/apns_client.hpp"
#include "push/push_service.hpp"
#include "support/process/child_process.hpp"
#include "support/process/process_usage.hpp"
#include "support/process/temp_dir.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace {

using namespace nanomdm;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const Topic topic{"com.apple.mgmt.External.bench"};

/// As many enrollments as asked for, all of one topic, made when looked up, as a database would.
class Fleet final : public PushStore, public PushCertStore {
public:
    explicit Fleet(const std::string& pem) : certificate_{topic, pem, pem} {}

    std::vector<std::optional<PushTarget>> push_targets(std::span<const EnrollmentId> ids) override {
        std::vector<std::optional<PushTarget>> targets;
        targets.reserve(ids.size());
        for (std::size_t i = 0; i < ids.size(); ++i) {
            std::array<char, 40> token{};
            std::snprintf(token.data(), token.size(), "%032zu", i);
            targets.emplace_back(
                PushTarget{{topic, PushMagic{ids[i].str()}, PushToken{token.data()}}, {}, true});
        }
        return targets;
    }
    void mark_not_pushable(std::span<const DeadToken>) override {}
    void store_push_certificate(const PushCertificate&) override {}
    std::optional<PushCertificate> push_certificate(const Topic&) override { return certificate_; }
    std::optional<std::uint64_t> push_certificate_version(const Topic&) override { return 1; }
    std::vector<Topic> push_topics() override { return {topic}; }

private:
    PushCertificate certificate_;
};

std::vector<EnrollmentId> enrollments(std::size_t count) {
    std::vector<EnrollmentId> ids;
    ids.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::array<char, 64> uuid{};
        std::snprintf(uuid.data(), uuid.size(), "8B3F1C2E-0000-4000-8000-%012zu", i);
        ids.emplace_back(uuid.data());
    }
    return ids;
}

/// The largest resident size so far, from /proc.
double peak_megabytes() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
    return 0;
}

double seconds(auto duration) { return std::chrono::duration<double>(duration).count(); }

} // namespace

int main(int argc, char** argv) try {
    std::size_t count = 10'000;
    std::size_t rounds = 3;
    std::string latency = "50ms";
    std::string streams = "1000";
    push::ApnsOptions options;
    CLI::App app{"Pushes in one call through a fake APNs."};
    app.add_option("--count", count, "enrollments in the call")->capture_default_str();
    app.add_option("--rounds", rounds, "calls, one after the other")->capture_default_str();
    app.add_option("--latency", latency, "of each answer")->capture_default_str();
    app.add_option("--streams", streams, "MAX_CONCURRENT_STREAMS of the fake APNs")->capture_default_str();
    app.add_option("--connections", options.max_connections, "at most")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const test::TempDir directory;
    const auto ca = directory / "ca.pem";
    const auto certificate = directory / "push.pem";
    test::ChildProcess apns{{.command = {FAKE_APNS_PROGRAM, "--quiet", "--ca-out", ca.string(),
                                         "--push-cert-out", certificate.string(), "--topic", topic.str(),
                                         "--latency", latency, "--streams", streams}}};
    if (!test::eventually([&] { return apns.standard_output().find('\n') != std::string::npos; }))
        throw std::runtime_error{"the fake APNs does not start: " + apns.standard_error()};
    options.url = apns.standard_output().substr(0, apns.standard_output().find('\n'));
    options.ca_file = ca.string();

    Fleet fleet{test::read_file(certificate)};
    push::ApnsClient client{fleet, options};
    push::PushService service{fleet, client, {.deadline = 120s}};
    const auto ids = enrollments(count);
    const double memory_before = peak_megabytes();
    for (std::size_t round = 1; round <= rounds; ++round) {
        const auto cpu_before = test::process_usage(getpid()).cpu;
        const auto apns_before = test::process_usage(apns.pid()).cpu;
        const auto start = Clock::now();
        const auto results = service.push(ids);
        const auto took = Clock::now() - start;
        const auto cpu = test::process_usage(getpid()).cpu - cpu_before;
        const auto apns_cpu = test::process_usage(apns.pid()).cpu - apns_before;
        std::size_t failed = 0;
        for (const auto& result : results) failed += result.ok() ? 0 : 1;
        std::printf(
            "round %zu: %zu pushes in %.3f s, %.0f/s, %zu failed; CPU %.1f us a push (fake APNs %.1f us); "
            "%llu connections; peak memory %.1f MB (%.1f before)\n",
            round, results.size(), seconds(took), static_cast<double>(count) / seconds(took), failed,
            static_cast<double>(cpu.count()) / static_cast<double>(count),
            static_cast<double>(apns_cpu.count()) / static_cast<double>(count),
            static_cast<unsigned long long>(client.statistics().connections_opened.load()), peak_megabytes(),
            memory_before);
        std::fflush(stdout);
        if (failed != 0) return 1;
    }
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench-push: %s\n", error.what());
    return 1;
}
