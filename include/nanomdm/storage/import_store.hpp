// Taking over enrollments as another server left them. Part of the storage interface.
#pragma once

#include "nanomdm/mdm/command.hpp"
#include "nanomdm/storage/enrollment_store.hpp"
#include "nanomdm/storage/queue_store.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nanomdm {

/// A command that another server gave an enrollment, and how far that had come.
struct ImportedCommand {
    Command command;
    TimePoint enqueued_at{};
    /// The last report. NotNow leaves the command pending, any other status has finished it; nullopt: there
    /// was none, and it is pending.
    std::optional<StoredResult> result = {};
    /// It was taken out of the queue without an answer, by a new enrollment of the device.
    bool is_cleared = false;
};

/// One enrollment as another server left it. Exactly one of the two channels: a device, or a user.
struct ImportedEnrollment {
    EnrollmentState state; ///< `enabled`, `token_update_tally` and `last_seen_at` as they are to be
    EnrollmentMessages messages;
    std::optional<TimePoint> token_updated_at = {};
    /// Nobody knows whether it is still there: APNs calling its token unregistered before it was ever seen
    /// disables it.
    bool is_unconfirmed = false;

    // Of a device.
    std::optional<std::string> identity_pem = {};
    std::vector<std::string> certificate_hashes = {}; ///< associated with it; 64 lowercase hex digits each
    /// It may claim the first certificate it shows, as long as it has no association
    /// (ClaimRule::allowed_first).
    bool may_claim_first = false;
    std::optional<std::string> bootstrap_token = {};

    /// In the order of the queue. Of an enrollment without push data they are not stored: it never completed.
    std::vector<ImportedCommand> commands = {};
};

enum class ImportMode {
    apply,
    look, ///< says what would be done, and does nothing
};

struct ImportOutcome {
    enum class Enrollment {
        imported,      ///< it was not there
        updated,       ///< it came by an earlier import, and differed
        unchanged,     ///< everything of it was there already
        enrolled_here, ///< it has sent Authenticate, TokenUpdate or CheckOut here: nothing of it was touched
        refused,       ///< it cannot be stored, for a reason of its own: nothing of it was touched
    };
    Enrollment enrollment = Enrollment::unchanged;
    std::string refusal = {};         ///< why; one line, the same for the same cause: a report groups by it
    std::size_t commands = 0;         ///< added to its queue, or to its history
    std::size_t associations = 0;     ///< added, of its certificate hashes
    bool has_bootstrap_token = false; ///< it was stored, as the first or in place of another
    /// Not stored: another device has them here.
    std::vector<std::string> hashes_of_others = {};
    /// Not stored: these UUIDs name commands with other bytes here.
    std::vector<CommandUuid> conflicting_commands = {};
};

class ImportStore {
public:
    virtual ~ImportStore() = default;

    /// Takes over enrollments, each of them as one atomic step, all durable when it returns (they may share
    /// commits). A user's device comes before it: in an earlier call, or earlier in this one.
    ///
    /// Never clears a queue, and never forgets or lowers anything: a command that is known for the enrollment
    /// stays as it is, a token or message is not replaced by an absent one, a tally and last seen do not go
    /// back, associations are added. What came here after the import, by the device itself, stays: an
    /// enrollment that has sent Authenticate, TokenUpdate or CheckOut here is left alone, and a bootstrap
    /// token or identity that it has sent stays. Importing the same again changes nothing.
    /// One that cannot be stored (a user whose device is not there, a device without its Authenticate, a
    /// value that is none of its kind or too large for the backend) is refused, and holds up no other. With
    /// ImportMode::look, the device of a user counts as there: it may be among what would have been imported
    /// before.
    /// @return one outcome for each, in order.
    virtual std::vector<ImportOutcome> import_enrollments(std::span<const ImportedEnrollment> enrollments,
                                                          ImportMode mode) = 0;
};

} // namespace nanomdm
