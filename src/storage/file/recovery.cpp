// Starting up, and what `-check` looks at.
#include "storage/file/recovery.hpp"

#include "storage/file/command_files.hpp"
#include "storage/file/enrollment_files.hpp"
#include "storage/file/snapshot.hpp"
#include "storage/file/state_file.hpp"

#include <algorithm>
#include <utility>

namespace nanomdm::storage::file {
namespace {

/// States name pending commands by UUID; the rest stands beside the commands. One may be missing here: its
/// record is still in the journal, which the replay settles.
void complete_commands(Files& files, const Layout& layout, Index& index) {
    const CommandFiles commands{files, layout};
    for (std::size_t i = 0; i < index.size(); ++i) {
        for (const auto& pending : index.at(i).queue) {
            if (pending.command->created != 0) continue;
            pending.command->created = 1;
            if (const auto stored = commands.read(pending.command->uuid))
                pending.command->request_type = stored->request_type;
        }
    }
}

void check_recovered(Index& index, Lsn next) {
    for (std::size_t i = 0; i < index.size(); ++i) {
        const EnrollmentEntry& entry = index.at(i);
        if (entry.lsn >= next)
            throw Error{Errc::corrupt, "the journal ends before record " + std::to_string(entry.lsn) +
                                           ", which the state of " + entry.id +
                                           " has; restore the store from a backup"};
        for (const auto& pending : entry.queue) {
            if (pending.command->request_type.empty())
                throw Error{Errc::corrupt, "command " + pending.command->uuid + ", pending for " + entry.id +
                                               ", is not stored"};
        }
    }
}

} // namespace

void read_plain_files(Files& files, const Layout& layout, Index& index) {
    const EnrollmentFiles enrollments{files, layout};
    enrollments.each_directory([&](const std::string& path) {
        const auto state = read_file(files, path + "/state");
        if (!state) return; // a crash came before it was in place
        try {
            read_state(*state, index);
        } catch (const Error& error) {
            throw Error{Errc::corrupt, path + "/state: " + error.what()};
        }
    });
    complete_commands(files, layout, index);
    PushCertificateFiles{files, layout}.read_all(index);
    read_last_seen(files, layout, index);
}

Recovered recover(Files& files, const Layout& layout, const JournalReader& journal, Ledger& ledger,
                  bool ignore_snapshot, const std::function<void()>& make_room) {
    Recovered recovered;
    if (!ignore_snapshot) {
        Index index;
        if (const auto snapshot = read_snapshot(files, layout, index)) {
            recovered.used_snapshot = true;
            recovered.snapshot = snapshot->lsn;
            recovered.snapshot_bytes = snapshot->bytes;
            ledger.index = std::move(index);
        }
    }
    if (!recovered.used_snapshot) read_plain_files(files, layout, ledger.index);

    const Lsn applied = journal.checkpoint().applied;
    recovered.damaged_events = EventFiles{files, layout}.read_all(applied, ledger.outbox);
    journal.replay(std::min(recovered.snapshot, applied), [&](Lsn lsn, const Record& record) {
        if (lsn > recovered.snapshot) ledger.index.apply(lsn, record);
        if (lsn > applied) {
            ledger.apply_unwritten(lsn, record);
            make_room();
        }
        ++recovered.replayed;
    });
    check_recovered(ledger.index, journal.next());
    return recovered;
}

} // namespace nanomdm::storage::file
