// From a source's records to storage operations, and from their outcomes to the report.
#include "migrate/importer.hpp"

#include "migrate/push_certificate_import.hpp"
#include "nanomdm/error.hpp"

#include <utility>

namespace nanomdm::migrate {
namespace {

ImportKind kind_of(const ImportedEnrollment& enrollment) {
    return enrollment.state.enrollment.is_user_channel() ? ImportKind::user : ImportKind::device;
}

const std::string& id_of(const ImportedEnrollment& enrollment) {
    return enrollment.state.enrollment.id.str();
}

ImportedAs imported_as(ImportOutcome::Enrollment outcome) {
    switch (outcome) {
    case ImportOutcome::Enrollment::imported:
        return ImportedAs::imported;
    case ImportOutcome::Enrollment::updated:
        return ImportedAs::updated;
    case ImportOutcome::Enrollment::enrolled_here:
        return ImportedAs::enrolled_here;
    case ImportOutcome::Enrollment::unchanged:
    case ImportOutcome::Enrollment::refused:
        break;
    }
    return ImportedAs::unchanged;
}

} // namespace

Importer::Importer(ImportTarget target, ImportReport& report, ImporterOptions options, std::stop_token stop)
    : target_{target}, report_{report}, options_{std::move(options)}, selection_{options_.selection},
      lanes_{options_.lanes, [this](const ImportLanes::Batch& batch) { store(batch); }, std::move(stop)} {}

void Importer::run(ImportSource& source) {
    source.read(*this);
    lanes_.finish();
    for (const auto& id : selection_.never_met())
        report_.skip({ImportKind::device, id, "asked for by -import-udids, and not there", true});
}

void Importer::take(PushCertificate certificate) {
    lanes_.check();
    import_push_certificate(certificate, target_.push_certificates, options_.mode, report_);
}

void Importer::take(ImportedEnrollment enrollment) {
    lanes_.check();
    if (auto reason = selection_.reason_against(enrollment)) {
        report_.skip({kind_of(enrollment), id_of(enrollment), std::move(*reason), false});
        return;
    }
    if (!enrollment.state.enrollment.is_user_channel()) prepare(enrollment);
    lanes_.put(std::move(enrollment));
}

void Importer::prepare(ImportedEnrollment& device) {
    const auto& id = id_of(device);
    if (options_.selection.seen_since && !device.state.last_seen_at)
        report_.remark({ImportKind::device, id,
                        "nobody knows when it was last seen; -import-days does not leave it out"});
    // One that is disabled sends Authenticate first, and any certificate will do then.
    if (!device.certificate_hashes.empty() || !device.state.enabled) return;
    device.may_claim_first = options_.allow_first_certificate;
    report_.remark({ImportKind::certificate_association, id,
                    device.may_claim_first
                        ? "none is known; the first certificate that the device shows is associated with it"
                        : "none is known, and the device will be refused; see -import-allow-first-cert"});
}

void Importer::skip(Skipped skipped) {
    lanes_.check();
    if (selection_.concerns(skipped.kind, skipped.id)) report_.skip(skipped);
}

void Importer::remark(Remark remark) {
    lanes_.check();
    if (selection_.concerns(remark.kind, remark.id)) report_.remark(remark);
}

void Importer::store(const ImportLanes::Batch& batch) {
    std::vector<ImportOutcome> outcomes;
    try {
        outcomes = target_.enrollments.import_enrollments(batch, options_.mode);
    } catch (const Error& error) {
        throw Error{error.code(), std::string{"the storage failed: "} + error.what()};
    }
    for (std::size_t i = 0; i < batch.size(); ++i) note(batch[i], outcomes.at(i));
}

void Importer::note(const ImportedEnrollment& enrollment, const ImportOutcome& outcome) {
    const auto kind = kind_of(enrollment);
    const auto& id = id_of(enrollment);
    if (outcome.enrollment == ImportOutcome::Enrollment::refused) {
        report_.skip({kind, id, outcome.refusal, true});
        return;
    }
    report_.count(kind, imported_as(outcome.enrollment));
    report_.count(ImportKind::command, ImportedAs::imported, outcome.commands);
    report_.count(ImportKind::certificate_association, ImportedAs::imported, outcome.associations);
    if (outcome.has_bootstrap_token) report_.count(ImportKind::bootstrap_token, ImportedAs::imported);
    for (std::size_t i = 0; i < outcome.hashes_of_others.size(); ++i)
        report_.skip({ImportKind::certificate_association, id,
                      "the certificate is associated with another device here", true});
    for (const auto& uuid : outcome.conflicting_commands)
        report_.skip(
            {ImportKind::command, id + " " + uuid.str(), "another command has the same UUID here", true});
}

} // namespace nanomdm::migrate
