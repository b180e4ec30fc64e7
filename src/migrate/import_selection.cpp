#include "migrate/import_selection.hpp"

#include <algorithm>

namespace nanomdm::migrate {

ImportSelection::ImportSelection(const SelectionOptions& options) : seen_since_{options.seen_since} {
    for (const auto& id : options.devices) wanted_.emplace(id, false);
}

std::optional<std::string> ImportSelection::reason_against(const ImportedEnrollment& enrollment) {
    const auto& [id, type, parent] = enrollment.state.enrollment;
    const auto& device = enrollment.state.enrollment.device().str();
    if (!wanted_.empty()) {
        const auto found = wanted_.find(device);
        if (found == wanted_.end()) return "not among -import-udids";
        found->second = true;
    }
    if (!parent) return reason_against_device(enrollment);
    if (left_out_.contains(device)) return "its device is left out by -import-days";
    return std::nullopt;
}

std::optional<std::string> ImportSelection::reason_against_device(const ImportedEnrollment& device) {
    const auto& seen = device.state.last_seen_at;
    if (!seen_since_ || !seen || *seen >= *seen_since_) return std::nullopt;
    left_out_.insert(device.state.enrollment.id.str());
    return "not seen for longer than -import-days";
}

bool ImportSelection::concerns(ImportKind kind, const std::string& id) {
    if (wanted_.empty() || kind == ImportKind::push_certificate) return true;
    // A user's ID goes on after a colon, a command follows after a blank; and IDs can have blanks of their
    // own.
    for (auto end = id.find_first_of(": ");; end = id.find_first_of(": ", end + 1)) {
        const auto found = wanted_.find(id.substr(0, end));
        if (found != wanted_.end()) return found->second = true;
        if (end == std::string::npos) return false;
    }
}

std::vector<std::string> ImportSelection::never_met() const {
    std::vector<std::string> ids;
    for (const auto& [id, was_met] : wanted_)
        if (!was_met) ids.push_back(id);
    std::ranges::sort(ids);
    return ids;
}

} // namespace nanomdm::migrate
