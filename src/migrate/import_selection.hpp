// Which part of a fleet an import takes: -import-days and -import-udids.
#pragma once

#include "migrate/import_source.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace nanomdm::migrate {

/// Devices are selected, and their users come with them.
struct SelectionOptions {
    /// Only devices that were seen since. A device of which the other server does not know when comes along:
    /// it may be in use.
    std::optional<TimePoint> seen_since = {};
    std::vector<std::string> devices = {}; ///< their IDs; empty: all
};

class ImportSelection {
public:
    explicit ImportSelection(const SelectionOptions& options);

    /// Called for everything that the source gives, in its order.
    /// @return why it is left out; nullopt: it is to come.
    [[nodiscard]] std::optional<std::string> reason_against(const ImportedEnrollment& enrollment);
    /// Whether what the source has to say of something is part of what was asked for.
    /// @param id as in Skipped and Remark: begins with a device's, unless it is of a push certificate
    [[nodiscard]] bool concerns(ImportKind kind, const std::string& id);

    /// Devices that were asked for by ID and that the source has not mentioned.
    [[nodiscard]] std::vector<std::string> never_met() const;

private:
    [[nodiscard]] std::optional<std::string> reason_against_device(const ImportedEnrollment& device);

    const std::optional<TimePoint> seen_since_;
    std::unordered_map<std::string, bool> wanted_; ///< devices by ID, and whether it was met; empty: all
    std::unordered_set<std::string> left_out_;     ///< devices not seen since: their users stay, too
};

} // namespace nanomdm::migrate
