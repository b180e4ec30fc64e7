// Walking through all enrollments.
#include "storage/inmem/inmem_storage.hpp"

#include <mutex>

namespace nanomdm::storage {

std::vector<EnrollmentState> InMemStorage::devices_after(const std::optional<EnrollmentId>& after,
                                                         std::size_t limit) {
    const std::shared_lock lock{mutex_};
    std::vector<EnrollmentState> page;
    for (auto at = after ? devices_.upper_bound(*after) : devices_.begin();
         at != devices_.end() && page.size() < limit; ++at)
        page.push_back(records_.at(*at).state());
    return page;
}

std::vector<EnrollmentState> InMemStorage::user_channels(const EnrollmentId& device) {
    const std::shared_lock lock{mutex_};
    std::vector<EnrollmentState> channels;
    if (const inmem::Record* record = find(device)) {
        for (const EnrollmentId& user : record->users) channels.push_back(records_.at(user).state());
    }
    return channels;
}

} // namespace nanomdm::storage
