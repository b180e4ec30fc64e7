// The directory of an enrollment: its state and its bodies.
#pragma once

#include "storage/file/files.hpp"
#include "storage/file/names.hpp"
#include "storage/file/unwritten.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::storage::file {

/// Bodies are written in place: until a checkpoint, the journal has them too. The state is the one file a
/// journal cannot restore alone, so it is written beside the old one and put in place once it is flushed.
class EnrollmentFiles {
public:
    EnrollmentFiles(Files& files, const Layout& layout) noexcept : files_{files}, layout_{layout} {}

    [[nodiscard]] std::optional<std::string> body(std::string_view id, Body body) const;
    [[nodiscard]] std::optional<std::string> state(std::string_view id) const;

    /// Writes state and bodies, unflushed; makes the directory when it is new.
    void write(std::string_view id, const std::string& state, const EnrollmentChanges& changes);
    /// Puts the state written last in place of the old one.
    void put_state_in_place(std::string_view id);

    /// Calls with the path of every enrollment's directory.
    void each_directory(const std::function<void(const std::string& path)>& visit) const;

private:
    Files& files_;
    const Layout& layout_;
};

/// A file per topic: a sealed heading with version and lengths, then certificate and key in PEM.
class PushCertificateFiles {
public:
    PushCertificateFiles(Files& files, const Layout& layout) noexcept : files_{files}, layout_{layout} {}

    void write(const std::string& topic, const StoredPushCertificate& certificate);
    void put_in_place(const std::string& topic);
    /// Adds all of them to the index. @throws Error{Errc::corrupt}
    void read_all(Index& index) const;

private:
    Files& files_;
    const Layout& layout_;
};

} // namespace nanomdm::storage::file
