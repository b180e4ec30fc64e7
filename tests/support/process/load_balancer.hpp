// A real nginx that spreads requests over several servers at random.
#pragma once

#include "support/process/nginx_process.hpp"
#include "support/process/temp_dir.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace nanomdm::test {

/// Plain HTTP. A request that a server refuses, does not answer or answers with 503 goes to the next one.
class LoadBalancer {
public:
    /// @param servers "127.0.0.1:PORT" each
    explicit LoadBalancer(const std::vector<std::string>& servers);

    /// "http://127.0.0.1:PORT", no slash at the end.
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    TempDir directory_;
    std::uint16_t port_;
    NginxProcess process_;
};

} // namespace nanomdm::test
