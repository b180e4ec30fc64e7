// NanoMDM's `file` storage: a directory for each enrollment, its queues directories below it.
#pragma once

#include "migrate/import_source.hpp"
#include "migrate/nanomdm/directory.hpp"

#include <optional>
#include <string>

namespace nanomdm::migrate {

class Associations;
class Findings;

/// Devices come first, then users, each ordered by ID; then what was queued for nobody. Of the fleet, memory
/// holds the IDs and the certificate hashes; of everything else, one enrollment.
class NanoFileSource final : public ImportSource {
public:
    /// @param directory what NanoMDM has as -storage-dsn.
    /// @throws Error{Errc::invalid} when it is no such store.
    explicit NanoFileSource(const std::string& directory);

    void read(ImportSink& sink) override;
    /// NanoMDM has no SCEP of its own.
    [[nodiscard]] std::optional<std::string> scep_ca() override { return std::nullopt; }

private:
    void give_push_certificates(ImportSink& sink) const;
    void give_enrollment(const std::string& id, const Associations& associations, ImportSink& sink) const;
    [[nodiscard]] std::optional<ImportedEnrollment>
    read_enrollment(const std::string& id, const Associations& associations, Findings& findings) const;

    const Directory root_;
};

} // namespace nanomdm::migrate
