#include "recording_sink.hpp"

namespace nanomdm::migrate {
namespace {

const char* name_of(ImportKind kind) {
    switch (kind) {
    case ImportKind::device:
        return "device";
    case ImportKind::user:
        return "user";
    case ImportKind::command:
        return "command";
    case ImportKind::certificate_association:
        return "certificate";
    case ImportKind::bootstrap_token:
        return "bootstrap token";
    case ImportKind::push_certificate:
        return "push certificate";
    }
    return "";
}

} // namespace

const ImportedEnrollment* RecordingSink::find(const std::string& id) const {
    for (const auto& enrollment : enrollments)
        if (enrollment.state.enrollment.id.str() == id) return &enrollment;
    return nullptr;
}

std::vector<std::string> RecordingSink::reasons() const {
    std::vector<std::string> reasons;
    for (const auto& [kind, id, reason, is_failure] : skipped)
        reasons.push_back((is_failure ? "!" : "") + std::string{name_of(kind)} + " " + id + ": " + reason);
    return reasons;
}

std::vector<std::string> RecordingSink::ids() const {
    std::vector<std::string> ids;
    for (const auto& enrollment : enrollments) ids.push_back(enrollment.state.enrollment.id.str());
    return ids;
}

RecordingSink MicroMdm::read(const test::BoltShape& shape) const {
    database_.write(path_, shape);
    MicroMdmSource source{path_};
    RecordingSink sink;
    source.read(sink);
    return sink;
}

std::vector<std::string> MicroMdm::reasons(const RecordingSink& sink) {
    auto reasons = sink.reasons();
    std::erase(reasons, "push certificate config: MicroMDM has none");
    return reasons;
}

} // namespace nanomdm::migrate
