// Who is in a MicroMDM database: its devices, each once, and its users by device.
#pragma once

#include "migrate/bolt/database.hpp"
#include "migrate/import_source.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::migrate::micromdm {

/// MicroMDM's keys are UUIDs of its own; what belongs together is found by UDID and user ID, and a device
/// comes before its users. So these are kept in memory: some hundred bytes an enrollment.
class Roster {
public:
    struct Device {
        std::string udid;
        std::string_view record;
        bool is_enrolled = false;
        std::int64_t last_seen = 0;
    };
    struct User {
        std::string udid;
        std::string user_id;
        std::string_view record;
    };

    /// What is neither a device nor a user is skipped, with its reason, at once.
    Roster(const std::optional<bolt::Bucket>& devices, const std::optional<bolt::Bucket>& users,
           const std::optional<bolt::Bucket>& push_infos, ImportSink& sink);
    Roster(const Roster&) = delete;
    Roster& operator=(const Roster&) = delete;

    /// By UDID.
    [[nodiscard]] std::span<const Device> devices() const noexcept { return devices_; }
    /// By UDID, then user ID; a user ID is there once.
    [[nodiscard]] std::span<const User> users() const noexcept { return users_; }
    [[nodiscard]] std::span<const User> users_of(std::string_view udid) const;

    /// nullptr when there is none.
    [[nodiscard]] const Device* device(std::string_view udid) const;
    [[nodiscard]] const User* user(std::string_view user_id) const;

private:
    void read_devices(const bolt::Bucket& devices, ImportSink& sink);
    void read_users(const bolt::Bucket& users, ImportSink& sink);
    void keep_one_record_of_each_device(ImportSink& sink);
    void keep_one_record_of_each_user(const std::optional<bolt::Bucket>& push_infos, ImportSink& sink);

    std::vector<Device> devices_;
    std::vector<User> users_;
    std::vector<const User*> by_user_id_;
};

/// What all users of Shared iPads send as UserID: they share one entry, which is nobody's.
constexpr std::string_view shared_ipad_user_id = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF";

} // namespace nanomdm::migrate::micromdm
