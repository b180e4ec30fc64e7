// Samples and temporary directories.
#include "fixtures.hpp"

#include "faulty_files.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

namespace nanomdm::storage::file {
namespace {

Message message(const Enrollment& enrollment, const std::string& raw) {
    Identifiers identifiers;
    identifiers.udid = enrollment.device().str();
    return {.identifiers = identifiers, .enrollment = enrollment, .raw = raw};
}

} // namespace

TemporaryDirectory::TemporaryDirectory() {
    std::string path = (std::filesystem::temp_directory_path() / "nanomdm-file-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) throw std::system_error{errno, std::generic_category(), path};
    path_ = path;
}
TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}
void TemporaryDirectory::clear() const { std::filesystem::remove_all(store()); }

Enrollment device(const std::string& udid) {
    return {.id = EnrollmentId{udid}, .type = EnrollmentType::device, .parent = std::nullopt};
}

Enrollment user_of(const Enrollment& device, const std::string& user) {
    return {
        .id = EnrollmentId{device.id.str() + ":" + user}, .type = EnrollmentType::user, .parent = device.id};
}

Authenticate authenticate(const Enrollment& device, const std::string& raw) {
    return {message(device, raw), Topic{"com.apple.mgmt.sample"}, SerialNumber{"SERIAL"}};
}

TokenUpdate token_update(const Enrollment& enrollment, const std::string& raw,
                         const std::string& unlock_token) {
    return {message(enrollment, raw),
            PushInfo{Topic{"com.apple.mgmt.sample"}, PushMagic{"magic"},
                     PushToken{"token of " + enrollment.id.str()}},
            unlock_token, UserName{""}, UserName{""}};
}

Command command(const std::string& uuid, const std::string& raw) {
    return {CommandUuid{uuid}, RequestType{"DeviceInformation"},
            raw.empty() ? "<command " + uuid + ">" : raw};
}

CommandReport report(const Enrollment& enrollment, const std::string& uuid, const std::string& status,
                     const std::string& raw) {
    return {message(enrollment, raw), ReportStatus{status}, CommandUuid{uuid}};
}

std::string hash(int number) {
    char text[65];
    std::snprintf(text, sizeof text, "%064x", static_cast<unsigned>(number) + 0xABC000u);
    return text;
}

std::string contents(const std::filesystem::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream{path, std::ios::binary}.rdbuf();
    return bytes.str();
}

void overwrite(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

std::string findings(const std::filesystem::path& store) {
    UnflushedFiles files;
    std::string text;
    for (const auto& finding : check_store(store, files)) text += finding.where + ": " + finding.what + "\n";
    return text;
}

} // namespace nanomdm::storage::file
