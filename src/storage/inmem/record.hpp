// What the in-memory backend keeps of one enrollment.
#pragma once

#include "nanomdm/storage/storage.hpp"
#include "storage/importing/merge.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace nanomdm::storage::inmem {

/// One command given to one enrollment, and what the device said of it last.
struct QueueItem {
    enum class State { pending, finished, cleared };

    QueueItem(std::shared_ptr<const Command> which, std::uint64_t where)
        : command{std::move(which)}, position{where} {}

    std::shared_ptr<const Command> command;
    std::uint64_t position; ///< order of enqueueing within the enrollment
    State state = State::pending;
    std::optional<StoredResult> result;

    [[nodiscard]] bool answered_not_now() const { return result && result->status.str() == "NotNow"; }
};

struct Queue {
    std::unordered_map<CommandUuid, QueueItem> items; ///< all of them, history included
    std::map<std::uint64_t, QueueItem*> pending;      ///< by position
    std::uint64_t next_position = 1;

    QueueItem& add(std::shared_ptr<const Command> command);
    void leave_pending(QueueItem& item, QueueItem::State state);
    /// Results stay; a pending item becomes cleared.
    void clear_pending();
};

struct Record {
    explicit Record(Enrollment which) : enrollment{std::move(which)} {}

    Enrollment enrollment;
    bool completed = false; ///< a TokenUpdate came at some time
    bool enabled = false;
    int token_update_tally = 0;

    // Of the device channel.
    bool authenticated = false;
    std::string serial_number;
    std::optional<std::string> identity_pem;
    std::optional<std::string> bootstrap_token;
    std::set<EnrollmentId> users; ///< its user channels

    std::optional<PushInfo> push;
    TimePoint token_updated_at{};
    bool pushable = true;
    std::optional<TimePoint> last_seen_at;
    std::string user_short_name;
    std::string user_long_name;
    EnrollmentMessages messages;
    Queue queue;

    std::optional<importing::Trace> import; ///< it came by an import, and has not enrolled here since
    bool may_claim_first = false;           ///< as an import has allowed

    /// Or checked out.
    [[nodiscard]] bool has_enrolled_here() const { return !import && (authenticated || completed); }
    void note_sent(importing::Part part) {
        if (import) import->sent_here.add(part);
    }

    [[nodiscard]] EnrollmentState state() const {
        return {.enrollment = enrollment,
                .enabled = enabled,
                .token_update_tally = token_update_tally,
                .serial_number = serial_number,
                .push = push,
                .last_seen_at = last_seen_at,
                .user_short_name = user_short_name,
                .user_long_name = user_long_name};
    }
    void disable() {
        enabled = false;
        token_update_tally = 0;
    }
};

} // namespace nanomdm::storage::inmem
