// What the index keeps in memory of one enrollment: all that a connect needs, no message bodies.
#pragma once

#include "storage/file/record.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace nanomdm::storage::file {

/// The plain files of an enrollment that hold one body each.
enum class Body : std::uint8_t {
    authenticate,
    token_update,
    unlock_token,
    identity,
    bootstrap_token,
    user_authenticate,
    user_authenticate_digest,
};
inline constexpr std::size_t body_count = 7;
inline constexpr std::array<const char*, body_count> body_file_names{"Authenticate.plist",
                                                                     "TokenUpdate.plist",
                                                                     "UnlockToken",
                                                                     "Identity.pem",
                                                                     "BootstrapToken",
                                                                     "UserAuthenticate.plist",
                                                                     "UserAuthenticate.Digest.plist"};

[[nodiscard]] constexpr std::size_t number_of(Body body) noexcept { return static_cast<std::size_t>(body); }

/// Tells whether a file is there and holds what it should.
struct BodyMark {
    bool is_there = false;
    std::uint32_t crc = 0;
    std::uint32_t size = 0;

    friend bool operator==(const BodyMark&, const BodyMark&) = default;
};

/// A command that at least one queue refers to.
struct QueuedCommand {
    std::string uuid;
    std::string request_type;
    Lsn created = 0;           ///< of the record that brought its body, or this reference to it
    std::uint32_t pending = 0; ///< queues that refer to it
};

struct PendingCommand {
    QueuedCommand* command = nullptr;
    std::uint32_t not_now_tally = 0;
    Timestamp first_not_now = 0;
};

/// SHA-256 of an identity certificate.
using CertificateHash = std::array<unsigned char, 32>;

struct EnrollmentEntry {
    explicit EnrollmentEntry(std::string text) : id{std::move(text)} {}

    const std::string id;
    EnrollmentType type = EnrollmentType::device;
    bool is_known = false;     ///< sent a message; false: only a certificate is associated so far
    bool is_completed = false; ///< sent a TokenUpdate at some time: has push data
    bool is_enabled = false;
    bool is_pushable = true;
    bool is_seen_unrecorded = false; ///< last_seen is newer than the journal's
    std::uint32_t tally = 0;
    Lsn lsn = 0; ///< of the last record applied to it
    Timestamp token_updated = 0;
    Timestamp last_seen = 0;
    EnrollmentEntry* device = nullptr;  ///< of a user channel
    const std::string* topic = nullptr; ///< shared by all enrollments
    std::string serial_number;
    std::string push_magic;
    std::string push_token; ///< raw bytes
    std::string short_name;
    std::string long_name;
    std::array<BodyMark, body_count> bodies;
    std::vector<CertificateHash> certificates;
    std::vector<PendingCommand> queue; ///< in the order enqueued
    std::vector<EnrollmentEntry*> users;

    [[nodiscard]] bool has_authenticated() const noexcept {
        return bodies[number_of(Body::authenticate)].is_there;
    }
};

} // namespace nanomdm::storage::file
