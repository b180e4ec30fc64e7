// A load generator of one thread over epoll: cheap enough to leave the machine to the server.
#pragma once

#include <cstddef>
#include <string>

namespace nanomdm::bench {

struct Load {
    unsigned port = 0; ///< on 127.0.0.1
    unsigned connections = 32;
    unsigned seconds = 5; ///< after one second of warm-up
    std::string request;  ///< sent again as soon as its answer is complete
};

struct Result {
    double per_second = 0;
    double p50 = 0, p99 = 0, p999 = 0; ///< microseconds
    std::size_t requests = 0;          ///< with those of the warm-up
    std::size_t failed = 0;            ///< answers other than 200, and broken connections
};

[[nodiscard]] Result run(const Load& load);

/// A PUT /mdm with a header value and a body of these sizes.
[[nodiscard]] std::string device_request(std::size_t body_bytes, std::size_t header_bytes);

} // namespace nanomdm::bench
