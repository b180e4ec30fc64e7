// Push data of enrollments and the push certificates. Part of the storage interface.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"
#include "nanomdm/mdm/push_info.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nanomdm {

/// What a push needs to know of an enrollment.
struct PushTarget {
    PushInfo info;
    TimePoint token_updated_at; ///< when the last TokenUpdate came
    bool pushable = true;       ///< false: APNs said «unregistered» since that TokenUpdate
};

/// A token that APNs no longer knows, and whose it was when it was pushed to.
struct DeadToken {
    EnrollmentId id;
    PushToken token;
};

struct PushCertificate {
    Topic topic;
    std::string certificate_pem;
    std::string private_key_pem;
};

class PushStore {
public:
    virtual ~PushStore() = default;

    /// @return one entry per ID, in order; nullopt: unknown, disabled or never completed.
    [[nodiscard]] virtual std::vector<std::optional<PushTarget>>
    push_targets(std::span<const EnrollmentId> ids) = 0;

    /// Marks each enrollment as not pushable until its next TokenUpdate, if the token is still its token. One
    /// that was imported as unconfirmed and has never been seen is disabled besides. All at once: a fleet's
    /// dead tokens cost one wait for the disk.
    virtual void mark_not_pushable(std::span<const DeadToken> tokens) = 0;
};

class PushCertStore {
public:
    virtual ~PushCertStore() = default;

    /// Replaces the topic's certificate and gives it a new version.
    virtual void store_push_certificate(const PushCertificate& certificate) = 0;
    [[nodiscard]] virtual std::optional<PushCertificate> push_certificate(const Topic& topic) = 0;
    /// Changes at every store, from whichever process; cheap. nullopt: no certificate for the topic.
    [[nodiscard]] virtual std::optional<std::uint64_t> push_certificate_version(const Topic& topic) = 0;
    [[nodiscard]] virtual std::vector<Topic> push_topics() = 0;
};

} // namespace nanomdm
