// One enrollment as the files of a store have it, and what is imported of it.
#pragma once

#include "migrate/nanomdm/directory.hpp"
#include "migrate/nanomdm/findings.hpp"
#include "nanomdm/storage/import_store.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::migrate {

/// Whether a user's device is there, and whether it is enrolled.
enum class DeviceStanding { absent, disabled, enabled };
using FindDevice = std::function<DeviceStanding(const EnrollmentId& device)>;

/// Beside its messages, filekv keeps what it needs of them. They stand in for a TokenUpdate that is damaged.
struct SpareFacts {
    std::optional<std::string> type = {};   ///< a name of EnrollmentType
    std::optional<std::string> device = {}; ///< of a user channel
    std::optional<std::string> topic = {};
    std::optional<std::string> push_magic = {};
    std::optional<std::string> token = {}; ///< raw bytes
};

/// Nothing in it is checked.
struct StoredEnrollment {
    std::optional<StoredFile> authenticate = {};
    std::optional<StoredFile> token_update = {};
    std::optional<StoredFile> user_authenticate = {};
    std::optional<StoredFile> user_authenticate_digest = {};
    std::optional<std::string> unlock_token = {};
    std::optional<std::string> bootstrap_token = {};
    std::optional<std::string> serial_number = {};
    std::optional<std::string> identity_pem = {};
    std::optional<std::string> tally = {};
    bool is_disabled = false;
    std::optional<TimePoint> token_updated_at = {};
    std::optional<TimePoint> last_seen_at = {};
    SpareFacts spare = {};
};

/// Its identity comes from its messages, which have to be of the ID that it is stored under. Commands and
/// certificate hashes are the caller's to add.
/// @return nullopt when it cannot come over; `findings` has been told why.
[[nodiscard]] std::optional<ImportedEnrollment> imported(StoredEnrollment stored,
                                                         const FindDevice& find_device, Findings& findings);

/// A device without any association may keep the certificate that it enrolled with.
void associate_identity(ImportedEnrollment& device, Findings& findings);

} // namespace nanomdm::migrate
