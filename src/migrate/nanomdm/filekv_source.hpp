// NanoMDM's `filekv` storage: six buckets of keys, a file for each key.
#pragma once

#include "migrate/import_source.hpp"
#include "migrate/nanomdm/directory.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace nanomdm::migrate {

/// Devices come first, then users; then what was queued for nobody. The order follows the directories of the
/// buckets. Memory holds the certificate hashes of the fleet, and of everything else what lies in one of
/// those directories, at most.
class NanoFileKvSource final : public ImportSource {
public:
    /// How many names of one directory are held at once. NanoMDM puts keys that begin with the same four
    /// characters into one, and those are the same on all devices of a model.
    static constexpr std::size_t names_at_once = 200'000;

    /// @param directory what NanoMDM has as -storage-dsn.
    /// @throws Error{Errc::invalid} when it is no such store.
    explicit NanoFileKvSource(const std::string& directory, std::size_t names_held = names_at_once);
    ~NanoFileKvSource() override;

    void read(ImportSink& sink) override;
    /// NanoMDM has no SCEP of its own.
    [[nodiscard]] std::optional<std::string> scep_ca() override { return std::nullopt; }

private:
    class Reading;

    const Directory root_;
    const std::size_t names_held_;
};

} // namespace nanomdm::migrate
