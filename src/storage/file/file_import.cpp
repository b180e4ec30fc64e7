// Taking over enrollments as another server left them.
#include "storage/file/file_storage.hpp"

namespace nanomdm::storage {

std::vector<ImportOutcome> FileStorage::import_enrollments(std::span<const ImportedEnrollment>, ImportMode) {
    throw Error{Errc::not_configured, "this storage cannot import yet"};
}

} // namespace nanomdm::storage
