// Brings what another server's store holds into a storage of this server.
#pragma once

#include "migrate/import_lanes.hpp"
#include "migrate/import_report.hpp"
#include "migrate/import_selection.hpp"
#include "migrate/import_source.hpp"

#include <optional>
#include <stop_token>

namespace nanomdm::migrate {

/// Where the fleet goes: two roles of one storage.
struct ImportTarget {
    ImportStore& enrollments;
    PushCertStore& push_certificates;
};

struct ImporterOptions {
    ImportMode mode = ImportMode::apply;
    /// Enrollments that come without a certificate may claim the first one they show.
    bool allow_first_certificate = false;
    SelectionOptions selection = {};
    ImportLaneOptions lanes = {};
};

/// One run. What one enrollment lacks is reported, and the others go on. Whatever ends a run, what it has
/// brought over stays, and the next run goes on: what is there already is unchanged by it.
class Importer final : private ImportSink {
public:
    Importer(ImportTarget target, ImportReport& report, ImporterOptions options, std::stop_token stop);

    /// Blocking, with threads of its own meanwhile.
    /// @throws ImportStopped; Error when the source or the storage fails as a whole.
    void run(ImportSource& source);

private:
    void expect(std::uint64_t enrollments) override { report_.expect(enrollments); }
    void take(PushCertificate certificate) override;
    void take(ImportedEnrollment enrollment) override;
    void skip(Skipped skipped) override;
    void remark(Remark remark) override;

    void prepare(ImportedEnrollment& device);
    void store(const ImportLanes::Batch& batch);
    void note(const ImportedEnrollment& enrollment, const ImportOutcome& outcome);

    ImportTarget target_;
    ImportReport& report_;
    const ImporterOptions options_;
    ImportSelection selection_;
    ImportLanes lanes_; ///< last: its threads use the others
};

} // namespace nanomdm::migrate
