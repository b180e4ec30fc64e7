// MicroMDM's database as the source of an import.
#pragma once

#include "migrate/import_source.hpp"

#include <filesystem>
#include <memory>

namespace nanomdm::migrate {

/// Reads what MicroMDM 1.13 keeps in its one file, usually /var/db/micromdm/micromdm.db. MicroMDM must not be
/// running: it holds a lock on the file. Memory: some 32 MB of the file, and some hundred bytes an
/// enrollment.
class MicroMdmSource final : public ImportSource {
public:
    /// Looks at the whole file, about a second a gigabyte.
    /// @throws Error{Errc::unavailable} when the file cannot be opened or MicroMDM has it open;
    /// Error{Errc::corrupt} when it is damaged, naming page and offset, or is no database of MicroMDM's.
    explicit MicroMdmSource(const std::filesystem::path& path);
    ~MicroMdmSource() override;

    void read(ImportSink& sink) override;
    [[nodiscard]] std::optional<std::string> scep_ca() override;

private:
    struct Opened;
    const std::unique_ptr<const Opened> opened_;
};

} // namespace nanomdm::migrate
