// The command queues and their results. Part of the storage interface.
#pragma once

#include "nanomdm/mdm/message.hpp"
#include "nanomdm/mdm/push_info.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nanomdm {

enum class EnqueueOutcome {
    queued,
    already_queued,       ///< same UUID, same bytes, still pending: unchanged
    enrollment_not_found, ///< never completed an enrollment (no TokenUpdate)
    enrollment_disabled,
    uuid_already_used, ///< the command was finished or cleared for this enrollment
};

/// Which commands may be picked next.
enum class NotNow {
    candidates,  ///< commands answered NotNow before are candidates like the others
    passed_over, ///< skip them: the device has just said NotNow in this exchange
};

/// The last report on a command as stored.
struct StoredResult {
    ReportStatus status;
    std::string raw;
    int not_now_tally = 0;
    std::optional<TimePoint> first_not_now_at;
};

/// One queue per enrollment, first in first out, exactly in the order enqueued.
class QueueStore {
public:
    virtual ~QueueStore() = default;

    /// Adds the command to each enrollment's queue; all-or-nothing for each of them.
    /// @return one outcome per ID, in the order given; a repeated ID is already_queued the second time.
    /// @throws Error{Errc::conflict} when the UUID exists with other bytes; nothing is enqueued then.
    virtual std::vector<EnqueueOutcome> enqueue(const Command& command,
                                                std::span<const EnrollmentId> ids) = 0;

    /// Stores a report other than Idle. A NotNow keeps the command pending and counts; any other status
    /// finishes it. A repeated report overwrites.
    /// @return false when this enrollment was never given the command, or it was cleared: nothing stored.
    virtual bool store_report(const CommandReport& report) = 0;

    /// The next pending command; its cost does not depend on history.
    [[nodiscard]] virtual std::optional<Command> next_command(const EnrollmentId& id, NotNow not_now) = 0;

    /// @return nullopt when no report is stored.
    [[nodiscard]] virtual std::optional<StoredResult> result(const EnrollmentId& id,
                                                             const CommandUuid& uuid) = 0;
};

} // namespace nanomdm
