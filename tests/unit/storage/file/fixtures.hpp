// What the tests of the file backend share: a directory of their own, and messages in short.
#pragma once

#include "nanomdm/storage/storage.hpp"
#include "storage/file/check.hpp"

#include <filesystem>
#include <string>

namespace nanomdm::storage::file {

class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] std::filesystem::path path() const { return path_; }
    /// Of the store in it.
    [[nodiscard]] std::filesystem::path store() const { return path_ / "store"; }
    /// Removes the store.
    void clear() const;

private:
    std::filesystem::path path_;
};

[[nodiscard]] Enrollment device(const std::string& udid);
[[nodiscard]] Enrollment user_of(const Enrollment& device, const std::string& user);
[[nodiscard]] Authenticate authenticate(const Enrollment& device, const std::string& raw = "<authenticate>");
[[nodiscard]] TokenUpdate token_update(const Enrollment& enrollment,
                                       const std::string& raw = "<token update>",
                                       const std::string& unlock_token = "");
[[nodiscard]] Command command(const std::string& uuid, const std::string& raw = "");
[[nodiscard]] CommandReport report(const Enrollment& enrollment, const std::string& uuid,
                                   const std::string& status, const std::string& raw = "<report>");
/// 64 hexadecimal digits.
[[nodiscard]] std::string hash(int number);

[[nodiscard]] std::string contents(const std::filesystem::path& path);
void overwrite(const std::filesystem::path& path, const std::string& bytes);
/// One line for each finding; empty when there is none.
[[nodiscard]] std::string findings(const std::filesystem::path& store);

} // namespace nanomdm::storage::file
