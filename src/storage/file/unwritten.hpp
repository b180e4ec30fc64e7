// What the journal has and the plain files do not have yet, kept in memory until it is written.
#pragma once

#include "storage/file/index.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nanomdm::storage::file {

/// One report as it goes into the results file of its enrollment.
struct ResultEntry {
    Lsn lsn = 0;
    Timestamp at = 0;
    std::string uuid;
    std::string status;
    std::uint32_t not_now_tally = 0;
    Timestamp first_not_now = 0;
    Bytes raw;

    [[nodiscard]] bool is_final() const noexcept { return status != "NotNow"; }
};

/// Of one enrollment. Being listed means that its state file is to be written.
struct EnrollmentChanges {
    struct BodyChange {
        bool is_changed = false;
        Bytes bytes; ///< null: the file goes
    };
    std::array<BodyChange, body_count> bodies;
    bool drops_results = false;       ///< before those below
    std::vector<ResultEntry> results; ///< oldest first
};

/// The IDs of one enqueue call.
struct Recipients {
    Lsn lsn = 0;
    Timestamp at = 0;
    std::vector<std::string> ids;
};

/// Of one command.
struct CommandChanges {
    bool is_dropped = false; ///< its files go first
    Bytes body;              ///< null: stored already, or dropped for good
    std::string request_type;
    std::vector<Recipients> recipients;

    [[nodiscard]] bool is_gone() const noexcept { return is_dropped && !body; }
};

/// What the events' files lack, without effects.
using EventChange = std::variant<std::shared_ptr<const EventRecord>, VisitRecord, ReplayRecord, ShedRecord>;

class Unwritten {
public:
    void add(Lsn lsn, const Record& record);
    /// Nobody waits for the event any more, and what made it go is here too: it need not be written.
    void forget_event(Lsn recorded);
    /// @return the events and nothing else, which are not here any more.
    [[nodiscard]] Unwritten take_events();

    [[nodiscard]] bool empty() const noexcept {
        return enrollments.empty() && commands.empty() && push_topics.empty() && events.empty();
    }
    /// What it keeps in memory, roughly.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_ + event_bytes_; }
    /// Of them, what its events take.
    [[nodiscard]] std::size_t event_bytes() const noexcept { return event_bytes_; }
    /// The last record added.
    [[nodiscard]] Lsn newest() const noexcept { return newest_; }

    [[nodiscard]] const EnrollmentChanges* enrollment(std::string_view id) const;
    [[nodiscard]] const CommandChanges* command(std::string_view uuid) const;
    /// Null: not here.
    [[nodiscard]] std::shared_ptr<const EventRecord> event(Lsn recorded) const;

    TextMap<EnrollmentChanges> enrollments;
    TextMap<CommandChanges> commands;
    std::set<std::string> push_topics;
    std::map<Lsn, EventChange> events;

private:
    void add_one(Lsn lsn, const AuthenticateRecord& record);
    void add_one(Lsn lsn, const TokenUpdateRecord& record);
    void add_one(Lsn lsn, const CheckOutRecord& record);
    void add_one(Lsn lsn, const UserAuthenticateRecord& record);
    void add_one(Lsn lsn, const BootstrapTokenRecord& record);
    void add_one(Lsn lsn, const CertificateRecord& record);
    void add_one(Lsn lsn, const EnqueueRecord& record);
    void add_one(Lsn lsn, const ReportRecord& record);
    void add_one(Lsn lsn, const NotPushableRecord& record);
    void add_one(Lsn lsn, const PushCertificateRecord& record);
    void add_one(Lsn lsn, const LastSeenRecord& record);
    void add_one(Lsn lsn, const DropCommandsRecord& record);
    void add_one(Lsn lsn, const CheckpointRecord& record);
    void add_one(Lsn lsn, const EventRecord& record);
    void add_one(Lsn lsn, const VisitRecord& record);
    void add_one(Lsn lsn, const ReplayRecord& record);
    void add_one(Lsn lsn, const ShedRecord& record);

    EnrollmentChanges& touch(const std::string& id);
    void put(EnrollmentChanges& changes, Body body, const Bytes& bytes);
    void drop(const std::string& uuid);

    std::size_t bytes_ = 0; ///< without the events
    std::size_t event_bytes_ = 0;
    Lsn newest_ = 0;
};

} // namespace nanomdm::storage::file
