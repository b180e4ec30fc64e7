// The servers and files that are asked on a device's behalf, as the command line describes them.
#pragma once

#include "app/options.hpp"
#include "service/core.hpp"

#include <memory>

namespace nanomdm::app {

/// What declarative management and tokens come from. Nothing of it is there when no flag names it.
class DeviceSources {
public:
    /// Reads the files the flags name. @throws UsageError
    static void check(const SourceOptions& options);

    /// @param most_waiting how many devices may wait for other servers at once
    /// @throws UsageError
    DeviceSources(const SourceOptions& options, unsigned most_waiting);
    ~DeviceSources();

    [[nodiscard]] service::CoreSources for_core() const noexcept;
    /// Ends the waiting for other servers within a second or so.
    void stop() noexcept;
    /// Reads the HMAC keys again; on failure the old ones stay. @throws UsageError
    void reload();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace nanomdm::app
