// What becomes of an enrollment when another server's is brought in: the rules all backends share.
#pragma once

#include "nanomdm/storage/import_store.hpp"

#include <array>
#include <bitset>
#include <cstddef>
#include <optional>
#include <string>

namespace nanomdm::storage::importing {

/// What an enrollment keeps as it was sent, each by itself there or not.
enum class Part {
    authenticate,
    token_update,
    unlock_token,
    identity,
    bootstrap_token,
    user_authenticate,
    user_authenticate_digest,
};
inline constexpr std::size_t part_count = 7;

[[nodiscard]] const std::optional<std::string>& part_of(const ImportedEnrollment& enrollment, Part part);

class Parts {
public:
    void add(Part part) { bits_.set(static_cast<std::size_t>(part)); }
    [[nodiscard]] bool has(Part part) const { return bits_.test(static_cast<std::size_t>(part)); }
    [[nodiscard]] bool empty() const { return bits_.none(); }
    [[nodiscard]] unsigned long number() const { return bits_.to_ulong(); }
    [[nodiscard]] static Parts from_number(unsigned long number) { return Parts{number}; }
    Parts() = default;

    template <class Visit> static void each(Visit visit) {
        for (std::size_t i = 0; i < part_count; ++i) visit(static_cast<Part>(i));
    }

private:
    explicit Parts(unsigned long number) : bits_{number} {}
    std::bitset<part_count> bits_;
};

/// What an import leaves with an enrollment, until the device itself enrolls or checks out here.
struct Trace {
    bool was_enabled = false; ///< as the other server had it: APNs may have disabled it here since
    bool is_unconfirmed = false;
    TimePoint imported_at{}; ///< last time
    Parts sent_here;         ///< by the device itself, or removed by it
};

/// An enrollment as a storage has it. Not for one that has enrolled here.
struct Known {
    explicit Known(const ImportedEnrollment& imported) : state{imported.state} {}

    std::optional<Trace> trace; ///< nullopt: it was not imported yet
    EnrollmentState state;      ///< where it is new: that of the import
    TimePoint token_updated_at{};
    bool may_claim_first = false;
    Parts same; ///< already what the import brings
};

struct Merged {
    EnrollmentState state;
    TimePoint token_updated_at{};
    bool may_claim_first = false;
    Parts changed;        ///< are to be what the import brings
    bool differs = false; ///< from what is known
};

/// Why no storage can keep it, as a refusal; empty: nothing speaks against it.
[[nodiscard]] std::string objection(const ImportedEnrollment& enrollment);
inline constexpr const char* device_is_missing = "the user's device is not there";

[[nodiscard]] ImportOutcome refused(std::string why);

[[nodiscard]] Merged merge(const ImportedEnrollment& imported, const Known& known);

/// Whether the command is pending: not answered, or with NotNow.
[[nodiscard]] bool is_pending(const ImportedCommand& command);

/// Whether to bring over a command that is unknown for the enrollment, in a storage that forgets finished
/// commands: those are not kept, and one that an import brought before may have been executed meanwhile.
[[nodiscard]] bool survives_forgetting(const ImportedCommand& command, const std::optional<Trace>& trace);

} // namespace nanomdm::storage::importing
