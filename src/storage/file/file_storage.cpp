// Opening and closing, and reading what an enrollment sent.
#include "storage/file/file_storage.hpp"

#include "nanomdm/error.hpp"
#include "storage/file/store.hpp"

#include <array>
#include <utility>

namespace nanomdm::storage {

using file::Body;

FileStorage::FileStorage(FileOptions options) : store_{std::make_unique<file::Store>(std::move(options))} {}
FileStorage::~FileStorage() = default;

void FileStorage::checkpoint() { store_->checkpoint(); }
void FileStorage::write_events() { store_->write_events(); }

/// A journal that has failed ends the process, so what is left to find out is whether the disk is full, and
/// whether flushes come to an end: with nothing to flush, that costs nothing.
void FileStorage::ping() {
    auto& journal = store_->journal();
    if (journal.is_disk_full()) throw Error{Errc::unavailable, "the disk is full"};
    { const std::lock_guard lock{store_->ledger().mutex}; }
    journal.wait_durable(journal.last());
}
std::uint64_t FileStorage::journal_backlog() const noexcept { return store_->journal().backlog(); }

EnrollmentMessages FileStorage::messages(const EnrollmentId& id) {
    constexpr std::array wanted{Body::authenticate, Body::token_update, Body::unlock_token,
                                Body::user_authenticate, Body::user_authenticate_digest};
    auto found = store_->bodies(id.str(), wanted);
    return {.authenticate = std::move(found[0]),
            .token_update = std::move(found[1]),
            .unlock_token = std::move(found[2]),
            .user_authenticate = std::move(found[3]),
            .user_authenticate_digest = std::move(found[4])};
}

std::optional<std::string> FileStorage::bootstrap_token(const EnrollmentId& device) {
    return store_->body(device.str(), Body::bootstrap_token);
}

std::optional<std::string> FileStorage::identity_pem(const EnrollmentId& device) {
    return store_->body(device.str(), Body::identity);
}

} // namespace nanomdm::storage
