// What an import has brought so far in one call: stored already or, when it only looks, to be imagined.
#pragma once

#include "nanomdm/storage/import_store.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace nanomdm::storage::importing {

/// Refers to the enrollments of the call.
class Foreseen {
public:
    /// Notes a command that is taken.
    void add(const Command& command) { commands_.try_emplace(command.uuid.str(), &command); }
    /// Notes a certificate that becomes the device's.
    void add(std::string_view hash, const EnrollmentId& device) { owners_.try_emplace(hash, &device); }

    /// Null: none of that UUID.
    [[nodiscard]] const Command* command(const CommandUuid& uuid) const {
        const auto found = commands_.find(uuid.str());
        return found == commands_.end() ? nullptr : found->second;
    }
    [[nodiscard]] bool is_of_another(std::string_view hash, const EnrollmentId& device) const {
        const auto found = owners_.find(hash);
        return found != owners_.end() && *found->second != device;
    }

private:
    std::unordered_map<std::string_view, const Command*> commands_;
    std::unordered_map<std::string_view, const EnrollmentId*> owners_;
};

} // namespace nanomdm::storage::importing
