// How fast a backlog of events goes out: the storage is memory, so that what is measured is the webhook's
// own.
#include "storage/inmem/inmem_storage.hpp"
#include "support/upstream/upstream.hpp"
#include "webhook/http_receiver.hpp"
#include "webhook/sender.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <thread>

int main(int argc, char** argv) {
    using namespace nanomdm;
    using namespace std::chrono_literals;
    using Clock = std::chrono::steady_clock;

    std::size_t events = 100'000;
    std::size_t enrollments = 10'000;
    std::size_t bytes = 3'000;
    int latency = 0;
    CLI::App cli{"Drains a backlog of webhook events"};
    cli.add_option("--events", events)->capture_default_str();
    cli.add_option("--enrollments", enrollments)->capture_default_str();
    cli.add_option("--bytes", bytes, "of one event")->capture_default_str();
    cli.add_option("--latency", latency, "of the receiver, in milliseconds")->capture_default_str();
    CLI11_PARSE(cli, argc, argv);

    test::Upstream upstream;
    upstream.answer(test::UpstreamReply{.latency = std::chrono::milliseconds{latency}});
    storage::InMemStorage outbox;
    for (std::size_t i = 0; i < events; ++i) {
        outbox.record_event({.id = std::to_string(i),
                             .topic = "mdm.Connect",
                             .created_at = {},
                             .enrollment = EnrollmentId{"MAC-" + std::to_string(i % enrollments)},
                             .body = std::string(bytes, 'x')});
    }
    webhook::Statistics statistics;
    Outage outage{"the receiver"};
    webhook::HttpReceiver receiver{upstream.url() + "/", "a key", {}};
    const auto start = Clock::now();
    webhook::Sender sender{outbox, receiver, outage, statistics, {}};
    while (statistics.delivered < events) std::this_thread::sleep_for(5ms);
    const std::chrono::duration<double> took = Clock::now() - start;
    std::printf(
        "%zu events of %zu bytes, %zu enrollments, receiver %d ms: %.1f s, %.0f/s; %llu failed tries\n",
        events, bytes, enrollments, latency, took.count(), static_cast<double>(events) / took.count(),
        static_cast<unsigned long long>(statistics.failed));
}
