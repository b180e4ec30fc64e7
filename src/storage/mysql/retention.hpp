// `retention=30d` and `delete=1`: lets go of old rows and of commands that no queue refers to, a few at a
// time. Any number of processes may do it at once.
#pragma once

#include "storage/mysql/queue_rows.hpp"
#include "storage/mysql/session.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::storage::mysql {

/// A round: results that are old, with their queue rows; rows cleared long ago; unused commands. What is
/// pending stays, however old. One thread.
class Retention {
public:
    /// @param kept how long results and cleared rows stay; nullopt: for ever, only commands are let go
    /// @param unused_kept how old a command that nobody's queue has must be
    Retention(std::optional<std::chrono::seconds> kept, std::chrono::seconds unused_kept) noexcept
        : kept_{kept}, unused_kept_{unused_kept} {}

    /// Removes some 500 rows at most. @return false when the round is through; the next call begins anew.
    bool step(Session& session);

private:
    enum class Phase { results, cleared, commands };

    bool step_results(Session& session);
    bool step_cleared(Session& session);
    bool step_commands(Session& session);
    [[nodiscard]] std::int64_t seconds_kept() const noexcept {
        return kept_.value_or(std::chrono::seconds{0}).count();
    }

    const std::optional<std::chrono::seconds> kept_;
    const std::chrono::seconds unused_kept_;
    Phase phase_ = Phase::results;
    std::string after_; ///< where the phase stands: a time, an enrollment, a command
};

} // namespace nanomdm::storage::mysql
