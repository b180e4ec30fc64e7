// Nothing that a checkpoint vouches for is changed or removed before the next checkpoint is durable.
#include "storage/file/event_log.hpp"

#include "log/log.hpp"
#include "storage/file/event_block.hpp"

#include <algorithm>

namespace nanomdm::storage::file {
namespace {

using Known = std::map<std::uint32_t, Outbox::File>;

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

struct Sum {
    std::uint64_t bytes = 0;
    std::uint64_t live = 0;
};

Sum sum_of(const Known& known) {
    Sum sum;
    for (const auto& [number, file] : known) {
        sum.bytes += file.bytes;
        sum.live += file.live;
    }
    return sum;
}

} // namespace

/// Appends blocks to one file, many with one write.
class EventLog::Writer {
public:
    Writer(OpenFile file, std::uint32_t number, std::uint64_t end) noexcept
        : file_{std::move(file)}, number_{number}, end_{end} {}

    EventPlace add(const std::string& block, std::size_t body) {
        const EventPlace place{number_, end_, static_cast<std::uint32_t>(block.size() - body - 1),
                               static_cast<std::uint32_t>(body)};
        buffer_ += block;
        end_ += block.size();
        if (buffer_.size() >= buffer_bytes) flush();
        return place;
    }
    void flush() {
        if (buffer_.empty()) return;
        file_.append(buffer_);
        file_.start_writing();
        buffer_.clear();
    }
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }

private:
    OpenFile file_;
    std::uint32_t number_;
    std::uint64_t end_;
    std::string buffer_;
};

void EventLog::write(Ledger& ledger, const std::function<void(Lsn)>& durable) {
    const auto& changes = ledger.writing.events; // this thread alone changes it
    plan_ = {};
    if (changes.empty()) return;
    Known known;
    {
        const std::lock_guard lock{ledger.mutex};
        known = ledger.outbox.files();
    }
    if (!is_tidy_) tidy(known);
    is_tidy_ = false;

    const Lsn lsn = changes.begin()->first;
    const bool is_new = wants_new_file(known);
    const auto last = known.empty() ? 0 : known.rbegin()->first;
    plan_.file = is_new ? last + 1 : last;
    Writer writer{*files_.open(log_.path(plan_.file), OpenMode::append), plan_.file,
                  is_new ? 0 : known.rbegin()->second.bytes};
    if (is_new) {
        const auto oldest = oldest_to_keep(known);
        writer.add(encoded(EventFileStart{lsn, oldest}), 0);
        if (oldest > 0) {
            std::vector<RestoredEvent> events;
            Lsn newest = 0;
            {
                const std::lock_guard lock{ledger.mutex};
                events = ledger.outbox.events_before(oldest);
                newest = ledger.current.newest();
            }
            durable(newest); // they are copied as they stand now
            copy(events, lsn, writer);
        }
        obsolete_ = {std::max(oldest, obsolete_.oldest), lsn};
    }
    for (const auto& [number, change] : changes) {
        const auto* event = std::get_if<std::shared_ptr<const EventRecord>>(&change);
        const auto place = writer.add(encoded(number, change), event == nullptr ? 0 : (*event)->body->size());
        if (event != nullptr) plan_.written.emplace_back(number, place);
    }
    writer.flush();
    plan_.bytes = writer.end();
}

void EventLog::copy(const std::vector<RestoredEvent>& events, Lsn lsn, Writer& writer) {
    EventFiles::Cursor cursor{log_};
    for (const auto& event : events) {
        const auto block = cursor.block(event.place);
        if (!block) {
            log::error(
                "an event for the webhook is damaged and lost",
                {{"file", log_.path(event.place.file)}, {"offset", std::to_string(event.place.offset)}});
            continue;
        }
        const auto place = writer.add(encoded_copy(lsn, *block, event), block->payload().size());
        plan_.moved.emplace_back(event, place);
    }
}

void EventLog::commit(Outbox& outbox) {
    if (plan_.file == 0) return;
    outbox.set_file_bytes(plan_.file, plan_.bytes);
    for (const auto& [recorded, place] : plan_.written) outbox.set_written(recorded, place);
    for (const auto& [event, place] : plan_.moved) outbox.set_moved(event, place);
    outbox.forget_files_before(obsolete_.oldest);
    plan_ = {};
    is_tidy_ = true;
}

void EventLog::tidy(const Known& known) {
    const auto last = known.empty() ? 0 : known.rbegin()->first;
    const auto first = known.empty() ? 0 : known.begin()->first;
    for (const auto number : log_.numbers()) {
        if (number < first || number > last) files_.remove(log_.path(number));
    }
    if (known.empty()) return;
    auto file = files_.open(log_.path(last), OpenMode::update);
    if (file->size() > known.rbegin()->second.bytes) file->truncate(known.rbegin()->second.bytes);
}

bool EventLog::wants_new_file(const Known& known) const {
    if (known.empty() || known.rbegin()->second.bytes >= file_bytes_) return true;
    const Sum sum = sum_of(known);
    return sum.bytes > 2 * sum.live + 2 * file_bytes_;
}

/// Copies a file's worth at most, so that a checkpoint stays short; the next new file goes on.
std::uint32_t EventLog::oldest_to_keep(const Known& known) const {
    const Sum sum = sum_of(known);
    std::uint64_t kept = sum.bytes;
    std::uint64_t copied = 0;
    std::uint32_t oldest = 0;
    for (const auto& [number, file] : known) {
        const bool is_enough = kept <= 2 * sum.live + file_bytes_;
        const bool is_too_much = copied > 0 && copied + file.live > file_bytes_;
        if (file.live > 0 && (is_enough || is_too_much)) break;
        copied += file.live;
        kept -= file.bytes - file.live;
        oldest = number + 1;
    }
    return oldest;
}

void EventLog::let_go(Lsn applied) {
    if (obsolete_.oldest == 0 || obsolete_.lsn > applied) return;
    for (const auto number : log_.numbers()) {
        if (number < obsolete_.oldest) files_.remove(log_.path(number));
    }
    obsolete_ = {};
}

} // namespace nanomdm::storage::file
