// Storing what devices check in with. Part of the storage interface; see storage.hpp for its rules.
#pragma once

#include "nanomdm/mdm/message.hpp"

#include <optional>
#include <string>

namespace nanomdm {

/// Effects of check-in messages; each call is one atomic step (spec: all or nothing across a crash).
class CheckInStore {
public:
    virtual ~CheckInStore() = default;

    /// Starts a new enrollment of a device: stores the message, serial number and identity; clears the
    /// pending queues of the device and its user channels (results stay); disables them all; sets their
    /// TokenUpdate tallies to 0; forgets bootstrap token, unlock token and «not pushable».
    /// @param identity_pem the identity certificate; empty when there is none (migration).
    virtual void store_authenticate(const Authenticate& message, const std::string& identity_pem) = 0;

    /// Stores push data and names, the unlock token when the message has one (an absent one erases
    /// nothing), enables the enrollment, makes it pushable, counts, and sets last seen to now.
    /// @return the tally of TokenUpdates since the device's Authenticate, this one included.
    /// @throws Error{Errc::invalid} when the device never sent Authenticate.
    virtual int store_token_update(const TokenUpdate& message) = 0;

    /// Disables the enrollment, and the user channels with their device; their tallies become 0.
    /// Unknown enrollments are ignored.
    virtual void store_check_out(const CheckOut& message) = 0;

    /// Keeps the raw message: the first of the exchange, or the one with the digest, side by side.
    /// @throws Error{Errc::invalid} when the device never sent Authenticate.
    virtual void store_user_authenticate(const UserAuthenticate& message) = 0;

    /// The enrollment was heard from just now. Cheap, written behind, outside the durability promise.
    virtual void touch_last_seen(const Enrollment& enrollment) = 0;
};

/// Bootstrap tokens escrowed by devices.
class BootstrapTokenStore {
public:
    virtual ~BootstrapTokenStore() = default;

    /// Replaces any token escrowed before for the message's device; an empty one removes it.
    /// @throws Error{Errc::invalid} when the device never sent Authenticate.
    virtual void store_bootstrap_token(const SetBootstrapToken& message) = 0;
    /// @return raw bytes; nullopt when none is escrowed.
    [[nodiscard]] virtual std::optional<std::string> bootstrap_token(const EnrollmentId& device) = 0;
};

} // namespace nanomdm
