// Reads a journal left by an earlier run: finds its end, tells a torn tail from damage, replays.
#pragma once

#include "storage/file/files.hpp"
#include "storage/file/segment.hpp"

#include <functional>
#include <string>
#include <vector>

namespace nanomdm::storage::file {

class JournalReader {
public:
    struct Segment {
        Lsn first = 0;
        Lsn next = 0; ///< one past its last record
        std::uint64_t end = 0;
        std::uint64_t size = 0;
        std::string path;
    };

    /// Scans every segment; changes nothing.
    /// @throws Error{Errc::corrupt} naming file and offset when records are missing or damaged in front of
    /// good ones.
    JournalReader(Files& files, const std::string& directory);

    /// Oldest first, without those that an interrupted removal left.
    [[nodiscard]] const std::vector<Segment>& segments() const noexcept { return segments_; }
    [[nodiscard]] bool empty() const noexcept { return segments_.empty(); }
    [[nodiscard]] Lsn next() const noexcept { return segments_.empty() ? 1 : segments_.back().next; }
    /// The last one recorded; all zero when there is none.
    [[nodiscard]] const CheckpointRecord& checkpoint() const noexcept { return checkpoint_; }
    /// Leftovers: older segments that nothing needs.
    [[nodiscard]] const std::vector<std::string>& obsolete() const noexcept { return obsolete_; }
    /// Numbers of the spare segments there are; some may be unfinished.
    [[nodiscard]] const std::vector<unsigned>& spares() const noexcept { return spares_; }

    /// Every record after `after`, in order.
    void replay(Lsn after, const std::function<void(Lsn, const Record&)>& each) const;

private:
    void survey(Segment& segment);
    void check_chain();

    Files& files_;
    std::vector<Segment> segments_;
    std::vector<std::string> obsolete_;
    std::vector<unsigned> spares_;
    CheckpointRecord checkpoint_;
};

} // namespace nanomdm::storage::file
