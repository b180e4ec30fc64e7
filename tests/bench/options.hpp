// The command line of nanomdm-bench.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace nanomdm::bench {

struct Options {
    std::vector<std::string> scenarios;
    std::filesystem::path dir; ///< the CA and the cached identities
    std::string url;           ///< "http://127.0.0.1:9000"
    std::string api_key;
    std::string api_style = "json"; ///< "url": NanoMDM's, the IDs in the path
    std::size_t devices = 1000;
    std::size_t keys = 64; ///< distinct private keys; every device has a certificate of its own
    bool ec = false;
    unsigned connections = 32;
    double rate = 0;   ///< requests a second; 0: as fast as they are answered
    double warmup = 5; ///< seconds
    double seconds = 60;
    std::size_t commands = 20;    ///< per device and round of `deliver`
    std::size_t ids = 1000;       ///< per call of `enqueue-bulk` and `push`
    unsigned signing_threads = 0; ///< 0: one per core
    bool skip_enroll = false;
    pid_t pid = 0;                 ///< the server's; 0: its CPU and memory are not reported
    pid_t database_pid = 0;        ///< the same of its database
    std::filesystem::path journal; ///< a directory whose size is reported over time
    std::filesystem::path json;    ///< results also go here
    bool prepare_only = false;
};

/// Ends the process on `--help` and on mistakes.
[[nodiscard]] Options parse_options(int argc, char** argv);

} // namespace nanomdm::bench
