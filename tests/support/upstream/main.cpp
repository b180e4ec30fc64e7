// nanomdm-upstream: a webhook's receiver or a declarative management server to measure with; it answers every
// request after a while, and says at the end how many there were.
#include "support/upstream/upstream.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    using namespace nanomdm::test;
    unsigned latency = 0;
    CLI::App cli{"Answers every request with 200 and an empty body", "nanomdm-upstream"};
    cli.add_option("--latency", latency, "milliseconds before each answer")->capture_default_str();
    CLI11_PARSE(cli, argc, argv);

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, nullptr);
    try {
        Upstream upstream;
        upstream.only_count();
        upstream.answer(UpstreamReply{.latency = std::chrono::milliseconds{latency}});
        std::cout << upstream.url() << std::endl;
        int signal = 0;
        sigwait(&ends, &signal);
        std::printf("%zu requests on %zu connections\n", upstream.count(), upstream.connections());
    } catch (const std::exception& error) {
        std::cerr << "nanomdm-upstream: " << error.what() << '\n';
        return 1;
    }
}
