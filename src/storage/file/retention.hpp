// `retention=30d`: lets go of old results and of commands that no queue refers to, a little at a time.
#pragma once

#include "storage/file/command_files.hpp"
#include "storage/file/files.hpp"
#include "storage/file/names.hpp"
#include "storage/file/result_files.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace nanomdm::storage::file {

class Store;

/// One thread.
class Retention {
public:
    Retention(Files& files, const Layout& layout, std::chrono::seconds kept) noexcept;

    /// Looks at the next few enrollments or commands; begins anew an hour after it was through.
    void step(Store& store);

private:
    void step_results(Store& store, Timestamp oldest);
    void step_commands(Store& store, Timestamp oldest);

    Files& files_;
    const Layout& layout_;
    ResultFiles results_;
    CommandFiles commands_;
    std::chrono::seconds kept_;
    std::chrono::steady_clock::time_point next_round_{};
    std::size_t next_enrollment_ = 0;
    std::size_t next_shelf_ = 0;
    std::vector<std::string> shelves_;
};

} // namespace nanomdm::storage::file
