// The events that wait for the webhook's receiver, without their bodies: in which order, since when, and
// where each of them lies.
#pragma once

#include "nanomdm/storage/outbox_store.hpp"
#include "storage/file/index.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::file {

/// Where an event is: in a file of the event log, or in memory still.
struct EventPlace {
    std::uint32_t file = 0;   ///< 0: unwritten
    std::uint64_t offset = 0; ///< in the file; of an unwritten one, the number of its record
    std::uint32_t header = 0; ///< bytes in front of the body
    std::uint32_t body = 0;   ///< bytes

    /// Of the whole block.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return std::uint64_t{header} + body + 1; }
    friend bool operator==(const EventPlace&, const EventPlace&) = default;
};

/// An event of which a file says how it stands.
struct RestoredEvent {
    struct Dead {
        std::uint64_t number = 0;
        Timestamp at = 0;
        std::string reason;
    };
    std::string enrollment;
    std::uint64_t sequence = 0;
    Timestamp at = 0;
    EventPlace place;
    std::uint32_t slot = 0; ///< of one that events_before() found
    std::optional<Dead> dead;
    Tries tries; ///< should it be the first
    Timestamp retry_at = 0;
};

/// 40 bytes for an event that waits, some 300 for an enrollment that has one. Sequences and the numbers of
/// dead letters are those of the records. Not synchronised: its owner holds a lock.
class Outbox {
public:
    using Clock = std::chrono::steady_clock;

    struct Waiting {
        std::uint64_t sequence = 0;
        Timestamp at = 0;
        EventPlace place;
    };
    struct Leased {
        std::string enrollment;
        std::uint64_t lease = 0;
        Tries tries;
        Lsn lsn = 0; ///< of the last record that it shows
        std::vector<Waiting> events;
    };
    struct Dead {
        std::uint64_t number = 0;
        std::string enrollment;
        EventPlace place;
        Timestamp at = 0;
        Bytes reason;
    };
    struct File {
        std::uint64_t bytes = 0;
        std::uint64_t live = 0; ///< of them, blocks of events that wait or are dead letters
    };

    /// The one place where records change it; records of other kinds do nothing.
    void apply(Lsn lsn, const Record& record);
    /// An event read from the log.
    void restore(const RestoredEvent& event);

    [[nodiscard]] std::vector<Leased> lease(const LeaseRequest& request);
    /// Ends the lease. @return what is to be recorded and applied; nothing if the lease is not the lane's,
    /// or nothing but its end happened.
    [[nodiscard]] std::optional<VisitRecord> decide(const LaneVisit& visit, Timestamp now);
    /// @param at_once how many events at most. @return what is to be recorded and applied, and how many
    /// events will go; nothing when there are no more than `most`.
    [[nodiscard]] std::optional<std::pair<ShedRecord, std::size_t>>
    decide_shed(std::uint64_t most, std::size_t at_once, Timestamp now) const;
    [[nodiscard]] bool is_dead(std::uint64_t number) const { return dead_.contains(number); }

    [[nodiscard]] std::vector<Dead> dead_letters(std::uint64_t after, std::size_t limit) const;
    [[nodiscard]] OutboxState state() const;
    /// Of an event that waits or is dead; nullopt: it is gone. Looks at all that wait for the enrollment.
    [[nodiscard]] std::optional<EventPlace> place(const std::string& enrollment,
                                                  std::uint64_t sequence) const;
    [[nodiscard]] std::optional<EventPlace> dead_place(std::uint64_t number) const;

    // For the event log.
    /// By number.
    [[nodiscard]] const std::map<std::uint32_t, File>& files() const noexcept { return files_; }
    void set_file_bytes(std::uint32_t file, std::uint64_t bytes) { files_[file].bytes = bytes; }
    void forget_files_before(std::uint32_t oldest) {
        files_.erase(files_.begin(), files_.lower_bound(oldest));
    }
    /// All that lie in files before `oldest`, as they stand.
    [[nodiscard]] std::vector<RestoredEvent> events_before(std::uint32_t oldest) const;
    /// An unwritten event has been written.
    void set_written(Lsn recorded, const EventPlace& place);
    /// An event has been copied; does nothing when it is gone meanwhile, or is another.
    void set_moved(const RestoredEvent& from, const EventPlace& to);
    /// Unwritten events that are gone since the last call, by the numbers of their records.
    [[nodiscard]] std::vector<Lsn> take_gone() { return std::exchange(gone_, {}); }

private:
    using SlotNumber = std::uint32_t;
    static constexpr SlotNumber none = UINT32_MAX;

    struct Slot {
        std::uint64_t sequence = 0;
        Timestamp at = 0;
        std::uint64_t offset = 0;
        std::uint32_t file = 0;
        std::uint32_t header = 0;
        std::uint32_t body = 0;
        SlotNumber next = none;
    };
    /// Of one enrollment. Exists while it has events that wait, or dead letters.
    struct Lane {
        const std::string* enrollment = nullptr;
        SlotNumber first = none;
        SlotNumber last = none;
        SlotNumber restored = none; ///< where restore() put the last one
        std::uint32_t dead = 0;
        Tries tries;
        Timestamp retry_at = 0;
        std::uint64_t lease = 0; ///< 0: none, or the last one's visit has ended
        Lsn lsn = 0;
        Clock::time_point due_at;
        std::uint64_t turn = 0; ///< among those due at the same time
    };
    struct Buried {
        SlotNumber slot = none;
        Lane* lane = nullptr;
        Timestamp at = 0;
        Bytes reason;
    };
    struct Due {
        Clock::time_point at;
        std::uint64_t turn = 0;
        Lane* lane = nullptr;
        friend auto operator<=>(const Due& a, const Due& b) noexcept {
            return std::pair{a.at, a.turn} <=> std::pair{b.at, b.turn};
        }
        friend bool operator==(const Due&, const Due&) = default;
    };

    void apply_one(Lsn lsn, const EventRecord& record);
    void apply_one(Lsn lsn, const VisitRecord& record);
    void apply_one(Lsn lsn, const ReplayRecord& record);
    void apply_one(Lsn lsn, const ShedRecord& record);
    template <class Other> void apply_one(Lsn, const Other&) {}

    [[nodiscard]] Slot& slot(SlotNumber number) { return slots_[number]; }
    [[nodiscard]] const Slot& slot(SlotNumber number) const { return slots_[number]; }
    [[nodiscard]] EventPlace place_of(const Slot& slot) const noexcept {
        return {slot.file, slot.offset, slot.header, slot.body};
    }
    SlotNumber make_slot(std::uint64_t sequence, Timestamp at, const EventPlace& place);
    void free_slot(SlotNumber number);
    void put(SlotNumber number, const EventPlace& place);
    void leave(const EventPlace& place);

    [[nodiscard]] Lane* find(const std::string& enrollment);
    Lane& find_or_add(const std::string& enrollment);
    void append(Lane& lane, SlotNumber number, Clock::time_point due);
    void insert(Lane& lane, SlotNumber number, const RestoredEvent& event);
    SlotNumber take_first(Lane& lane);
    void drop_through(Lane& lane, std::uint64_t sequence);
    void bury(std::uint64_t number, Lane& lane, SlotNumber slot, Timestamp at, const std::string& reason);
    void erase_dead(std::map<std::uint64_t, Buried>::iterator at);
    void make_due(Lane& lane, Clock::time_point at);
    void forget_if_empty(Lane& lane);

    std::deque<Slot> slots_;
    SlotNumber free_ = none; ///< the first of those not in use
    std::size_t used_ = 0;
    std::unordered_map<Lsn, SlotNumber> unwritten_; ///< by the numbers of their records
    TextMap<Lane> lanes_;
    std::set<Due> due_;                       ///< every lane that has events waiting
    std::map<std::uint64_t, Lane*> by_first_; ///< the same, by the sequence of the first
    std::map<std::uint64_t, Buried> dead_;
    Bytes last_reason_; ///< most are the same
    std::map<std::uint32_t, File> files_;
    std::vector<Lsn> gone_;
    std::uint64_t waiting_ = 0;
    std::uint64_t last_lease_ = 0;
    std::uint64_t last_turn_ = 0;
};

} // namespace nanomdm::storage::file
