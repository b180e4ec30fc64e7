// Queue rows that NanoMDM wrote: without a number, or finished without our knowing.
#pragma once

#include "storage/mysql/session.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::mysql {

/// Numbers the pending rows of these enrollments that have no number yet, behind those that have one, by
/// (priority desc, created_at, command_uuid). Needs a transaction.
/// @param ids 1…1,000 keys, sorted
void number_old_rows(Session& session, std::span<const std::string_view> ids);

/// A round over all enrollments: what has a final result is marked as done, what is pending is numbered.
/// One thread.
class OldRows {
public:
    /// Looks at the next few enrollments. @return false when the round is through; the next call begins anew.
    bool step(Session& session);

private:
    std::string after_; ///< the enrollment looked at last; empty: none yet
};

/// The enrollments that follow `after` in the order of the primary key, up to 500.
[[nodiscard]] std::vector<std::string> enrollments_after(Session& session, const std::string& after);

} // namespace nanomdm::storage::mysql
