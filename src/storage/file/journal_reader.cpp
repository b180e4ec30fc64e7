// Surveys the segments of a journal before anything is appended to it.
#include "storage/file/journal_reader.hpp"

#include <algorithm>

namespace nanomdm::storage::file {
namespace {

constexpr std::size_t checkpoint_kind = 12;
static_assert(std::is_same_v<std::variant_alternative_t<checkpoint_kind, Record>, CheckpointRecord>);

[[noreturn]] void refuse(const std::string& path, std::uint64_t offset, const std::string& why) {
    throw Error{Errc::corrupt, "journal is damaged: " + path + " at byte " + std::to_string(offset) + ": " +
                                   why + "; restore the store from a backup"};
}

std::string contents(Files& files, const std::string& path) {
    auto bytes = read_file(files, path);
    if (!bytes) throw Error{Errc::corrupt, "journal segment vanished: " + path};
    return std::move(*bytes);
}

} // namespace

JournalReader::JournalReader(Files& files, const std::string& directory) : files_{files} {
    for (const auto& name : files.list(directory)) {
        const std::string path = directory + "/" + name;
        if (const auto first = segment_first(name))
            segments_.push_back({.first = *first, .path = path});
        else if (const auto number = spare_number(name))
            spares_.push_back(*number);
        // Anything else is not ours to touch.
    }
    std::ranges::sort(segments_, {}, &Segment::first);
    for (auto& segment : segments_) survey(segment);
    check_chain();
}

void JournalReader::survey(Segment& segment) {
    const std::string bytes = contents(files_, segment.path);
    const auto scanned = scan_segment(bytes, segment.first, [this](Lsn, std::string_view record) {
        if (record.empty() || static_cast<unsigned char>(record.front()) != checkpoint_kind) return;
        checkpoint_ = std::get<CheckpointRecord>(decode(record));
    });
    if (const auto later = later_group(bytes, scanned)) {
        refuse(segment.path, scanned.end,
               "record " + std::to_string(scanned.next) + " is bad and a later one at byte " +
                   std::to_string(*later) + " is good");
    }
    segment.next = scanned.next;
    segment.end = scanned.end;
    segment.size = bytes.size();
}

void JournalReader::check_chain() {
    // A removal cut short by a power failure may have spared any of the segments nobody needs.
    const auto is_needed = [this](const Segment& segment) {
        return &segment == &segments_.back() || segment.next > checkpoint_.oldest_needed;
    };
    const auto first = std::ranges::find_if(segments_, is_needed);
    for (auto dropped = segments_.begin(); dropped != first; ++dropped) obsolete_.push_back(dropped->path);
    segments_.erase(segments_.begin(), first);
    if (segments_.empty()) return;

    const Lsn oldest_needed = std::max<Lsn>(checkpoint_.oldest_needed, 1);
    if (segments_.front().first > oldest_needed)
        refuse(segments_.front().path, 0,
               "the segment with record " + std::to_string(oldest_needed) + " is missing");
    for (std::size_t i = 1; i < segments_.size(); ++i) {
        const auto& before = segments_[i - 1];
        if (before.next != segments_[i].first)
            refuse(before.path, before.end,
                   "record " + std::to_string(before.next) +
                       " is bad or missing and the next segment begins with " +
                       std::to_string(segments_[i].first));
    }
}

void JournalReader::replay(Lsn after, const std::function<void(Lsn, const Record&)>& each) const {
    for (const auto& segment : segments_) {
        if (segment.next <= after + 1) continue;
        const std::string bytes = contents(files_, segment.path);
        scan_segment(std::string_view{bytes}.substr(0, segment.end), segment.first,
                     [&each, after](Lsn lsn, std::string_view record) {
                         if (lsn > after) each(lsn, decode(record));
                     });
    }
}

} // namespace nanomdm::storage::file
