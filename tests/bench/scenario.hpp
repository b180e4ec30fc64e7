// One kind of load each, measured and reported in the same way.
#pragma once

#include "bench/fleet.hpp"
#include "bench/load.hpp"
#include "bench/observer.hpp"

#include <string>
#include <vector>

namespace nanomdm::bench {

struct Measured {
    std::string scenario;
    LoadResult load;
    std::vector<Sample> samples;
    std::string remark; ///< what a request is, where that is not plain
};

/// Authenticate and TokenUpdate of every device. @throws std::runtime_error when one is refused.
Measured enroll(const Options& options, const Fleet& fleet);

Measured measure_idle(const Options& options, const Fleet& fleet);
Measured measure_token_update(const Options& options, const Fleet& fleet);
/// Questions to whatever `-dm` names.
Measured measure_declarative_management(const Options& options, const Fleet& fleet);
/// Commands for every device beforehand; counted are the requests that fetch and acknowledge them.
Measured measure_deliver(const Options& options, const Fleet& fleet);
/// Calls that enqueue one command to many devices.
Measured measure_enqueue_bulk(const Options& options, const Fleet& fleet);
/// Calls that push to many devices.
Measured measure_push(const Options& options, const Fleet& fleet);

/// The schedule that the command line asks for, reporting to an observer.
[[nodiscard]] Load::Schedule schedule(const Options& options, Observer& observer);

/// The server's REST API.
class AdminClient {
public:
    explicit AdminClient(const Options& options) : options_{options} {}
    /// Enqueues without push. @return the latency. @throws std::runtime_error unless answered 200
    std::chrono::nanoseconds enqueue(const std::string& uuid, const std::vector<std::string>& ids);
    std::chrono::nanoseconds push(const std::vector<std::string>& ids);
    void upload_push_certificate();

private:
    std::chrono::nanoseconds call(sim::HttpRequest request);

    const Options& options_;
    sim::HttpClient http_{{}, std::chrono::minutes{10}};
};

} // namespace nanomdm::bench
