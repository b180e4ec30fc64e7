// What a simulated device remembers between two runs of the command-line program: readable files.
#pragma once

#include "support/simulator/device.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace nanomdm::sim {

/// One enrollment as it lies on disk.
struct SavedEnrollment {
    Channel channel;
    Endpoint endpoint;
    DeviceProfile profile;
};

/// A directory: `ca.pem` and `ca.key`, `push.pem`, `identities/*.pem`, `enrollments/*.json`.
class StateDirectory {
public:
    /// Creates it when it is not there.
    explicit StateDirectory(std::filesystem::path path);

    [[nodiscard]] std::filesystem::path file(std::string_view name) const { return path_ / name; }

    void save_authority(const Authority& authority) const;
    [[nodiscard]] bool has_authority() const;
    /// @throws std::runtime_error when there is none.
    [[nodiscard]] Authority authority() const;

    /// The identity of a device; its user channels use the same one.
    void save_identity(const Channel& channel, const Identity& identity) const;
    [[nodiscard]] bool has_identity(const Channel& channel) const;
    [[nodiscard]] Identity identity(const Channel& channel) const;

    void save(const SavedEnrollment& enrollment) const;
    /// @throws std::runtime_error when there is no enrollment with that ID.
    [[nodiscard]] SavedEnrollment enrollment(std::string_view id) const;
    [[nodiscard]] std::vector<SavedEnrollment> enrollments() const;

private:
    [[nodiscard]] std::filesystem::path identity_file(const Channel& channel) const;

    std::filesystem::path path_;
};

/// @throws std::runtime_error on an unknown name.
[[nodiscard]] Proof proof_from(std::string_view name);
[[nodiscard]] std::string_view to_string(Proof proof);

[[nodiscard]] std::string read_text(const std::filesystem::path& path);
/// Readable by the owner alone: may hold a key.
void write_text(const std::filesystem::path& path, std::string_view text);

} // namespace nanomdm::sim
