// nanomdm-fake-apns: the fake APNs as a program, for the quickstart and the benchmarks.
#include "support/fake_apns/fake_apns.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sys/stat.h>

namespace {

using nanomdm::fake_apns::Notification;

void write_file(const std::string& path, const std::string& text) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << text;
    if (!file.flush()) throw std::runtime_error{"cannot write " + path};
}

/// "50ms", "2s" or a plain number of milliseconds.
std::chrono::milliseconds parse_duration(const std::string& text) {
    std::size_t digits = 0;
    const auto number = static_cast<long>(std::stoul(text, &digits));
    const auto unit = text.substr(digits);
    if (unit.empty() || unit == "ms") return std::chrono::milliseconds{number};
    if (unit == "s") return std::chrono::seconds{number};
    throw std::runtime_error{"not a duration: " + text};
}

void print(const Notification& notification) {
    std::printf("push token=%s topic=%s push-type=%s priority=%s expiration=%s client-uid=%s payload=%s\n",
                notification.token.c_str(), notification.topic.c_str(), notification.push_type.c_str(),
                notification.priority.c_str(), notification.expiration.c_str(),
                notification.client_uid.c_str(), notification.payload.c_str());
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) try {
    nanomdm::fake_apns::Options options;
    options.record = false;
    std::string ca_out;
    std::string push_cert_out;
    std::string topic = "com.apple.mgmt.External.quickstart";
    std::string latency = "0ms";
    bool quiet = false;

    CLI::App app{"A fake Apple Push Notification service: HTTP/2 over TLS with client certificates."};
    app.add_option("--listen", options.listen, "address to listen on")->capture_default_str();
    app.add_option("--ca-out", ca_out, "file for the CA to trust (-apns-ca of nanomdm)");
    app.add_option("--push-cert-out", push_cert_out, "file for a push certificate and its key, PEM");
    app.add_option("--topic", topic, "topic of that certificate")->capture_default_str();
    app.add_option("--latency", latency, "time before each answer, such as 50ms")->capture_default_str();
    app.add_option("--streams", options.max_streams, "MAX_CONCURRENT_STREAMS")->capture_default_str();
    app.add_flag("--quiet", quiet, "do not print each notification");
    CLI11_PARSE(app, argc, argv);
    options.latency = parse_duration(latency);
    if (!quiet) options.on_notification = print;

    sigset_t ends; // before any thread exists, so that all of them leave the signals to sigwait
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);

    const nanomdm::fake_apns::FakeApns apns{options};
    if (!ca_out.empty()) write_file(ca_out, apns.ca_pem());
    if (!push_cert_out.empty()) {
        umask(077); // a private key
        const auto identity = apns.push_identity(topic);
        write_file(push_cert_out, identity.certificate_pem + identity.private_key_pem);
    }
    std::printf("%s\n", apns.url("127.0.0.1").c_str());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&ends, &signal);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "nanomdm-fake-apns: %s\n", error.what());
    return 1;
}
