// One pass over a MicroMDM database, into a sink.
#pragma once

#include "migrate/bolt/database.hpp"
#include "migrate/import_source.hpp"
#include "migrate/micromdm/enrollments.hpp"
#include "migrate/micromdm/identities.hpp"
#include "migrate/micromdm/roster.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace nanomdm::migrate::micromdm {

/// The buckets that matter; a server that never needed one may not have it.
struct Buckets {
    explicit Buckets(const bolt::Database& database);

    std::optional<bolt::Bucket> devices, push_infos, users, certificate_hashes, server_config, commands,
        blocked, scep;
};

class Reading {
public:
    /// @param changed_at when the file was, for what has no time of its own
    Reading(const Buckets& buckets, TimePoint changed_at, ImportSink& sink);

    void run();

private:
    void read_push_certificate();
    void expect();

    void read_device(const Roster::Device& device);
    void read_user(const Roster::User& user);
    void read_users_without_device();
    void read_user_enrollments();
    void read_blocked();
    void read_commands_without_enrollment();

    /// Makes an enrollment and gives it to the sink with its commands; or skips it, saying why.
    /// @param key of its push info and its queue
    template <class Make>
    void bring_over(ImportKind kind, const std::string& id, std::string_view key, Make make);
    void report_what_is_left_out(const std::string& id, const MadeEnrollment& made) const;
    void add_certificate(std::string_view udid, ImportedEnrollment& device) const;
    /// Of a device the same is in its own record.
    [[nodiscard]] std::optional<PushRecord> push_info(std::string_view key, const DeviceRecord* device) const;
    [[nodiscard]] bool is_user_enrollment(std::string_view key) const;
    [[nodiscard]] bool is_blocked(std::string_view udid) const;
    void skip(ImportKind kind, std::string_view id, std::string reason, bool is_failure = false) const;

    const Buckets& buckets_;
    const TimePoint changed_at_;
    ImportSink& sink_;
    const Roster roster_;
    const Identities identities_;
    std::unordered_set<std::string_view> taken_; ///< keys of queues; in the file and in the roster
};

} // namespace nanomdm::migrate::micromdm
