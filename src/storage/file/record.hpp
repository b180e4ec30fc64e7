// What the journal records: one struct for each kind of change, carrying every decision that was made,
// so that applying it again after a crash needs nothing else.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"
#include "storage/file/bytes.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace nanomdm::storage::file {

/// Log sequence number: the consecutive number of a journal record. The first is 1.
using Lsn = std::uint64_t;

/// Nanoseconds since the epoch, UTC; 0: never.
using Timestamp = std::int64_t;

/// A device started a new enrollment.
struct AuthenticateRecord {
    Timestamp at = 0;
    std::string id;
    EnrollmentType type = EnrollmentType::device;
    std::string serial_number;
    Bytes identity_pem; ///< null when there is none
    Bytes raw;
    std::vector<std::string> users;            ///< its user channels, which start anew with it
    std::vector<std::string> dropped_commands; ///< with delete=1: nobody needs them any more
};

struct TokenUpdateRecord {
    Timestamp at = 0;
    std::string id;
    EnrollmentType type = EnrollmentType::device;
    std::string parent; ///< empty on a device channel
    std::string topic;
    std::string magic;
    std::string token; ///< raw bytes
    std::string short_name;
    std::string long_name;
    Bytes unlock_token; ///< null when the message has none
    Bytes raw;
};

struct CheckOutRecord {
    Timestamp at = 0;
    std::string id;
    std::vector<std::string> users; ///< its user channels, disabled with it
};

struct UserAuthenticateRecord {
    Timestamp at = 0;
    std::string id;
    EnrollmentType type = EnrollmentType::device;
    std::string parent;
    bool has_digest = false; ///< the second message of the exchange
    Bytes raw;
};

struct BootstrapTokenRecord {
    Timestamp at = 0;
    std::string device;
    Bytes token; ///< null: forgotten
};

/// A certificate was associated with a device, or its renewal stored.
struct CertificateRecord {
    Timestamp at = 0;
    std::string device;
    std::string hash; ///< 32 raw bytes
    Bytes pem;        ///< null at a claim, the new identity at a renewal
};

/// A command was added to the queues of these enrollments.
struct EnqueueRecord {
    Timestamp at = 0;
    std::string uuid;
    std::string request_type;
    Bytes body; ///< null when the command is stored already
    std::vector<std::string> ids;
};

/// A device's report on one of its commands.
struct ReportRecord {
    Timestamp at = 0;
    std::string id;
    std::string uuid;
    std::string status;
    std::uint32_t not_now_tally = 0; ///< this report included
    Timestamp first_not_now = 0;
    bool finishes = false;
    bool is_kept = true;        ///< false with delete=1 on a report that finishes
    bool drops_command = false; ///< with delete=1: nobody needs the command any more
    bool drops_results = false; ///< with delete=1: no pending command has a result to keep
    Bytes raw;                  ///< null when not kept
};

/// APNs said that the enrollment's token is not registered.
struct NotPushableRecord {
    Timestamp at = 0;
    std::string id;
};

struct PushCertificateRecord {
    Timestamp at = 0;
    std::string topic;
    std::string certificate_pem;
    std::string private_key_pem;
};

/// Enrollments heard from, written behind.
struct LastSeenRecord {
    Timestamp at = 0;
    std::vector<std::pair<std::string, Timestamp>> seen;
};

/// Commands that no queue refers to and that retention let go.
struct DropCommandsRecord {
    Timestamp at = 0;
    std::vector<std::string> uuids;
};

/// The plain files hold everything up to `applied`, and are flushed.
struct CheckpointRecord {
    Timestamp at = 0;
    Lsn applied = 0;
    Lsn oldest_needed = 0; ///< segments that end before it may be gone
};

struct Effect;

/// An event for the webhook, and in the same record what it tells of, so that neither is without the other.
struct EventRecord {
    Timestamp at = 0;
    std::string enrollment;
    std::string event_id;
    std::string topic;
    Timestamp created_at = 0;
    Bytes body;
    std::shared_ptr<const Effect> effect; ///< null: nothing but the event happened
};

/// How a visit to an enrollment's waiting events ended. Each number names its event: what is meant for
/// another one than there is does nothing.
struct VisitRecord {
    Timestamp at = 0;
    std::string enrollment;
    std::uint64_t delivered_through = 0; ///< 0: none
    std::uint64_t buried = 0;            ///< becomes the dead letter with this record's number; 0: none
    std::string reason;
    std::uint64_t tried = 0; ///< what the rest is about; 0: nothing
    std::uint32_t failed = 0;
    std::uint32_t refused = 0;
    Timestamp retry_at = 0;
};

/// A dead letter goes behind what waits for its enrollment, with this record's number.
struct ReplayRecord {
    Timestamp at = 0;
    std::uint64_t dead = 0;
};

/// Events that were too many.
struct ShedRecord {
    Timestamp at = 0;
    std::uint64_t dead_through = 0;                           ///< dead letters up to this number; 0: none
    std::vector<std::pair<std::string, std::uint64_t>> lanes; ///< an enrollment's, up to this sequence
};

using Record = std::variant<AuthenticateRecord, TokenUpdateRecord, CheckOutRecord, UserAuthenticateRecord,
                            BootstrapTokenRecord, CertificateRecord, EnqueueRecord, ReportRecord,
                            NotPushableRecord, PushCertificateRecord, LastSeenRecord, DropCommandsRecord,
                            CheckpointRecord, EventRecord, VisitRecord, ReplayRecord, ShedRecord>;

/// Any record but an EventRecord.
struct Effect {
    Record record;
};

[[nodiscard]] std::string encode(const Record& record);
/// @throws Error{Errc::corrupt}
[[nodiscard]] Record decode(std::string_view bytes);

} // namespace nanomdm::storage::file
