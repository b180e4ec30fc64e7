// What a request costs in the HTTP layer alone: an empty handler behind the worker pool, keep-alive
// connections that each wait for their answer, the load from a child process so that the server's
// processor time can be told apart.
//
//   bench-http [connections 32] [seconds 5] [workers 8] [io threads 1] [body bytes 500] [header bytes 3500]
//
// The defaults have the size of a device's report: a signature header of some 3 kB, a body of 500 bytes.
// Send standard error to a file to have the access log's cost in the figures.
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/worker_pool.hpp"
#include "load.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

using namespace nanomdm;

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long context_switches() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw + usage.ru_nivcsw;
}

} // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int index, unsigned fallback) {
        return argc > index ? static_cast<unsigned>(std::strtoul(argv[index], nullptr, 10)) : fallback;
    };
    bench::Load load;
    load.connections = argument(1, 32);
    load.seconds = argument(2, 5);
    const unsigned workers = argument(3, 8);
    http::ServerOptions options;
    options.io_threads = argument(4, 1);
    options.access_log = std::getenv("NO_ACCESS_LOG") == nullptr;
    load.request = bench::device_request(argument(5, 500), argument(6, 3500));

    int address_pipe[2];
    if (pipe(address_pipe) != 0) return 1;
    const pid_t child = fork(); // before there are threads
    if (child == 0) {
        unsigned port = 0;
        if (read(address_pipe[0], &port, sizeof port) != sizeof port) return 1;
        load.port = port;
        const auto result = bench::run(load);
        std::printf("%.0f requests/s, p50 %.0f us, p99 %.0f us, p99.9 %.0f us, failed %zu\n",
                    result.per_second, result.p50, result.p99, result.p999, result.failed);
        std::printf("requests %zu\n", result.requests);
        std::fflush(stdout);
        // The parent divides by it; an exit status would be too small.
        return write(address_pipe[1], &result.requests, sizeof result.requests) > 0 ? 0 : 1;
    }

    http::WorkerPool pool{http::WorkerPool::fixed(workers)};
    http::WorkerPool upstream{http::WorkerPool::wide()};
    http::Router router;
    router.add({.path = "/mdm", .methods = {"PUT"}, .handler = [](http::HttpRequest&) {
                    return http::HttpResponse{};
                }});
    {
        http::Server server{pool, upstream, options};
        const auto address = server.listen("127.0.0.1:0", router);
        server.start();
        const unsigned port = static_cast<unsigned>(std::stoul(address.substr(address.rfind(':') + 1)));
        const double processor_before = processor_seconds();
        const long switches_before = context_switches();
        if (write(address_pipe[1], &port, sizeof port) != sizeof port) return 1;
        int status = 0;
        waitpid(child, &status, 0);
        std::size_t requests = 0;
        if (read(address_pipe[0], &requests, sizeof requests) != sizeof requests || requests == 0) return 1;
        const auto count = static_cast<double>(requests);
        std::printf("server: %.1f us of processor time and %.2f context switches per request\n",
                    (processor_seconds() - processor_before) / count * 1e6,
                    static_cast<double>(context_switches() - switches_before) / count);
        server.drain(std::chrono::seconds{5});
    }
    return 0;
}
