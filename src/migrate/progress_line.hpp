// Shows how far an export is: a line that changes on a terminal, else a line of the log now and then.
#pragma once

#include "migrate/export_tally.hpp"

#include <chrono>
#include <thread>

namespace nanomdm::migrate {

class ProgressLine {
public:
    /// Shows on standard error until it ends.
    explicit ProgressLine(const ExportTally& tally);

private:
    std::jthread thread_;
};

} // namespace nanomdm::migrate
