#include "storage/mysql/last_seen.hpp"

#include "log/log.hpp"
#include "storage/mysql/row_key.hpp"

#include <algorithm>
#include <utility>

namespace nanomdm::storage::mysql {
namespace {

constexpr std::size_t batch_size = 200;
constexpr std::size_t most_notes = 200'000;
constexpr unsigned most_misses = 3; // of an ID without a row, too, which looks the same
constexpr std::chrono::seconds time_to_stop{3};

// MySQL and MariaDB know SKIP LOCKED at a SELECT only. Without the hint a batch that is much of the table
// would make them walk, and lock, all of it.
std::string lock_free_rows(std::size_t ids) {
    return "SELECT id FROM enrollments FORCE INDEX (PRIMARY) WHERE id IN (" + marks(ids) +
           ") FOR UPDATE SKIP LOCKED";
}

std::string write_rows(std::size_t ids) {
    return "UPDATE enrollments SET last_seen_at = UTC_TIMESTAMP(), updated_at = UTC_TIMESTAMP() WHERE id IN "
           "(" +
           marks(ids) + ") AND last_seen_at < UTC_TIMESTAMP()";
}

/// Two texts for each statement: for the few devices of a quiet server, and for a full batch.
std::size_t marks_of(std::size_t ids) { return ids <= 10 ? 10 : batch_size; }

template <class Range, class Key> std::vector<Parameter> parameters_of(const Range& range, Key key) {
    std::vector<Parameter> parameters;
    parameters.reserve(batch_size);
    for (const auto& one : range) parameters.emplace_back(std::string_view{key(one)});
    const Parameter last = parameters.back();
    parameters.resize(marks_of(parameters.size()), last);
    return parameters;
}

} // namespace

LastSeenWriter::LastSeenWriter(Database& database, std::chrono::milliseconds interval)
    : database_{database}, interval_{interval}, thread_{[this] { run(); }} {}

LastSeenWriter::~LastSeenWriter() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
        give_up_at_ = std::chrono::steady_clock::now() + time_to_stop;
    }
    stop_requested_.notify_one();
    thread_.join();
}

void LastSeenWriter::touch(const EnrollmentId& id) {
    std::string key{RowKey{id}.text()};
    const std::lock_guard lock{mutex_};
    if (notes_.size() < most_notes || notes_.contains(key)) {
        notes_.insert_or_assign(std::move(key), 0U);
    } else {
        ++dropped_;
    }
}

void LastSeenWriter::run() {
    for (bool last = false; !last;) {
        Notes notes;
        {
            std::unique_lock lock{mutex_};
            last = stop_requested_.wait_for(lock, interval_, [this] { return stopping_; });
            notes.swap(notes_);
        }
        std::vector<Note> sorted; // rows are locked in one order everywhere
        sorted.reserve(notes.size());
        for (const auto& [key, missed] : notes) sorted.push_back({key, missed});
        std::ranges::sort(sorted, {}, &Note::key);
        write_all(sorted);
    }
}

void LastSeenWriter::write_all(const std::vector<Note>& notes) {
    std::span<const Note> rest{notes};
    try {
        while (!rest.empty() && !out_of_time()) {
            const auto batch = rest.first(std::min(batch_size, rest.size()));
            const auto written = write(batch);
            rest = rest.subspan(batch.size());

            std::vector<Note> missed;
            for (const Note& note : batch) {
                if (note.missed + 1 < most_misses && !std::ranges::binary_search(written, note.key))
                    missed.push_back({note.key, note.missed + 1});
            }
            keep(missed);
        }
        if (!notes.empty()) say_well();
    } catch (const std::exception& error) {
        keep(rest);
        say_failed(error);
    }
}

std::vector<std::string> LastSeenWriter::write(std::span<const Note> batch) {
    // Not Database::transact(): what fails here has time until the next round, and whoever stops us has not.
    const auto lease = database_.pool().take();
    lease->begin();
    std::vector<std::string> free;
    {
        const auto wanted = parameters_of(
            batch, [](const Note& note) -> const auto& { return note.key; });
        auto rows = lease->query(lock_free_rows(wanted.size()), wanted);
        while (rows.next()) free.push_back(rows.text(0));
    }
    if (!free.empty()) {
        const auto found = parameters_of(
            free, [](const std::string& key) -> const auto& { return key; });
        lease->execute(write_rows(found.size()), found);
    }
    lease->commit();
    std::ranges::sort(free);
    return free;
}

void LastSeenWriter::keep(std::span<const Note> notes) {
    const std::lock_guard lock{mutex_};
    for (const Note& note : notes) {
        if (notes_.size() < most_notes) notes_.try_emplace(note.key, note.missed); // or touched since
    }
}

bool LastSeenWriter::out_of_time() {
    const std::lock_guard lock{mutex_};
    return stopping_ && std::chrono::steady_clock::now() > give_up_at_;
}

void LastSeenWriter::say_failed(const std::exception& error) {
    // The first failure may be a connection that was quiet for too long; the next round takes another.
    if (++failed_rounds_ == 2) log::warning("last seen times cannot be written", {{"err", error.what()}});
    database_.pool().suspect_idle();
}

void LastSeenWriter::say_well() {
    if (std::exchange(failed_rounds_, 0U) < 2) return;
    const std::lock_guard lock{mutex_};
    log::info("last seen times are written again", {{"dropped", std::to_string(std::exchange(dropped_, 0))}});
}

} // namespace nanomdm::storage::mysql
