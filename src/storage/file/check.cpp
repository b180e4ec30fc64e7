// Rebuilds the state twice, from the plain files and from the snapshot, each with the journal; compares; then
// holds every file that the journal is not ahead of against it.
#include "storage/file/check.hpp"

#include "storage/file/command_files.hpp"
#include "storage/file/crc32c.hpp"
#include "storage/file/enrollment_files.hpp"
#include "storage/file/journal_reader.hpp"
#include "storage/file/ledger.hpp"
#include "storage/file/recovery.hpp"
#include "storage/file/result_files.hpp"
#include "storage/file/state_file.hpp"
#include "storage/file/store_directory.hpp"
#include "storage/file/text_block.hpp"

#include <algorithm>
#include <set>

namespace nanomdm::storage::file {
namespace {

const std::string from_backup = "restore the store from a backup";

class Check {
public:
    Check(Files& files, const Layout& layout) : files_{files}, layout_{layout} {}

    std::vector<Finding> run() {
        try {
            const JournalReader journal{files_, layout_.journal()};
            const auto recovered = recover(files_, layout_, journal, plain_, true, [] {});
            for (const auto& damage : recovered.damaged_events)
                found(damage.path, "is damaged at byte " + std::to_string(damage.offset),
                      from_backup + ", or do without the events there: the rest is delivered");
            compare_with_snapshot(journal);
        } catch (const Error& error) {
            found(layout_.root(), error.what(), from_backup);
            return std::move(findings_); // without the state, nothing else can be judged
        }
        check_associations();
        check_directories();
        check_commands();
        check_queues();
        check_event_files();
        return std::move(findings_);
    }

private:
    void found(std::string where, std::string what, std::string repair) {
        findings_.push_back({std::move(where), std::move(what), std::move(repair)});
    }

    /// The journal is ahead of its plain files, so that they may be anything between old and new.
    [[nodiscard]] bool is_ahead(const std::string& id) const {
        return plain_.current.enrollment(id) != nullptr;
    }

    void compare_with_snapshot(const JournalReader& journal) {
        const std::string repair = "remove " + layout_.snapshot() + ": it is made again from the plain files";
        Ledger other;
        if (!recover(files_, layout_, journal, other, false, [] {}).used_snapshot) return;
        if (other.index.size() != plain_.index.size())
            found(layout_.snapshot(),
                  "knows " + std::to_string(other.index.size()) + " enrollments, the plain files " +
                      std::to_string(plain_.index.size()),
                  repair);
        for (std::size_t i = 0; i < plain_.index.size(); ++i) {
            const EnrollmentEntry& entry = plain_.index.at(i);
            const EnrollmentEntry* same = other.index.find(entry.id);
            if (same == nullptr || state_text(*same) != state_text(entry))
                found(layout_.snapshot(), "differs from the plain files on enrollment " + entry.id, repair);
        }
        if (other.index.push_certificates() != plain_.index.push_certificates())
            found(layout_.snapshot(), "differs from the plain files on the push certificates", repair);
    }

    void check_associations() {
        for (std::size_t i = 0; i < plain_.index.size(); ++i) {
            const EnrollmentEntry& entry = plain_.index.at(i);
            for (const auto& hash : entry.certificates) {
                const EnrollmentEntry* owner = plain_.index.owner(hash);
                if (owner != &entry)
                    found(entry.id, "has a certificate that is associated with " + owner->id + " as well",
                          "remove the certificate line from the state of the wrong one and seal it anew");
            }
            if (entry.device != nullptr && !entry.device->has_authenticated())
                found(entry.id, "its device " + entry.device->id + " never authenticated", from_backup);
        }
    }

    void check_directories() {
        std::set<std::string> seen;
        EnrollmentFiles{files_, layout_}.each_directory([&](const std::string& path) {
            seen.insert(path);
            check_directory(path);
        });
        for (std::size_t i = 0; i < plain_.index.size(); ++i) {
            const std::string& id = plain_.index.at(i).id;
            if (!is_ahead(id) && !seen.contains(layout_.enrollment(id)))
                found(layout_.enrollment(id), "the directory is missing", from_backup);
        }
    }

    void check_directory(const std::string& path) {
        const EnrollmentEntry* entry = owner_of(path);
        if (entry == nullptr) return;
        if (is_ahead(entry->id)) return;
        for (std::size_t i = 0; i < body_count; ++i) check_body(*entry, path, i);
        for (const auto& name : files_.list(path)) {
            const bool is_body = std::ranges::find(body_file_names, name) != body_file_names.end();
            if (name == "state" || name == "state.new" || is_body) continue;
            if (ResultFiles::is_result_file(name))
                check_results(path + "/" + name);
            else
                found(path + "/" + name, "nothing here has that name", "remove it");
        }
    }

    /// The enrollment whose directory this is; null after a finding, or when a crash came before its state.
    const EnrollmentEntry* owner_of(const std::string& path) {
        if (by_directory_.empty()) {
            for (std::size_t i = 0; i < plain_.index.size(); ++i)
                by_directory_.emplace(layout_.enrollment(plain_.index.at(i).id), &plain_.index.at(i));
        }
        const auto owner = by_directory_.find(path);
        if (owner != by_directory_.end()) return owner->second;
        found(path, "no enrollment has this directory", "move it away");
        return nullptr;
    }

    void check_body(const EnrollmentEntry& entry, const std::string& path, std::size_t number) {
        const std::string file = path + "/" + body_file_names[number];
        const BodyMark& mark = entry.bodies[number];
        const auto bytes = read_file(files_, file);
        if (!mark.is_there) {
            if (bytes) found(file, "should not be there", "remove it");
        } else if (!bytes) {
            found(file, "is missing", from_backup);
        } else if (bytes->size() != mark.size || crc32c(*bytes) != mark.crc) {
            found(file, "does not hold what was stored", from_backup);
        }
    }

    void check_results(const std::string& path) {
        const std::string bytes = read_file(files_, path).value_or("");
        TextBlocks walk{bytes};
        Lsn last = 0;
        while (const auto block = walk.next()) {
            const Lsn lsn = block->number("lsn");
            if (lsn <= last)
                found(path, "record " + std::to_string(lsn) + " is there twice or out of order", from_backup);
            last = lsn;
        }
        if (!walk.is_complete())
            found(path, "is damaged at byte " + std::to_string(walk.end()),
                  from_backup + ", or cut it there: what follows is lost");
    }

    void check_commands() {
        const CommandFiles commands{files_, layout_};
        for (const auto& shelf : files_.list(layout_.commands())) {
            const std::string directory = layout_.commands() + "/" + shelf;
            const auto names = files_.list(directory);
            const std::set<std::string> all{names.begin(), names.end()};
            for (const auto& name : names) {
                const bool is_body = name.ends_with(".plist");
                const std::string stem = name.substr(0, name.rfind('.'));
                if (ahead_commands().contains(directory + "/" + stem)) continue;
                if (is_body && !all.contains(stem + ".ids"))
                    found(directory + "/" + name, "nobody was given this command", "remove it");
                else if (name.ends_with(".ids"))
                    check_command(commands, directory + "/" + stem);
                else if (!is_body)
                    found(directory + "/" + name, "nothing here has that name", "remove it");
            }
        }
    }

    const std::set<std::string>& ahead_commands() {
        if (ahead_commands_.empty()) {
            for (const auto& [uuid, changes] : plain_.current.commands)
                ahead_commands_.insert(layout_.command(uuid));
        }
        return ahead_commands_;
    }

    void check_command(const CommandFiles& commands, const std::string& path) {
        const auto stored = commands.read_path(path + ".ids");
        const auto body = read_file(files_, path + ".plist");
        if (!stored || !stored->is_complete)
            found(path + ".ids", "is damaged", from_backup);
        else if (!body)
            found(path + ".plist", "is missing", from_backup);
        else if (body->size() != stored->body_size || crc32c(*body) != stored->body_crc)
            found(path + ".plist", "does not hold what was enqueued", from_backup);
    }

    void check_queues() {
        const CommandFiles commands{files_, layout_};
        std::map<std::string, std::set<std::string>> given; // by UUID
        const auto recipients_of = [&](const std::string& uuid) -> const std::set<std::string>& {
            const auto [at, is_new] = given.try_emplace(uuid);
            if (!is_new) return at->second;
            const CommandChanges* changes = plain_.current.command(uuid);
            const bool is_dropped = changes != nullptr && changes->is_dropped;
            if (const auto stored = is_dropped ? std::nullopt : commands.read(uuid))
                at->second.insert(stored->recipients.begin(), stored->recipients.end());
            if (changes != nullptr) {
                for (const auto& one : changes->recipients) at->second.insert(one.ids.begin(), one.ids.end());
            }
            return at->second;
        };
        for (std::size_t i = 0; i < plain_.index.size(); ++i) {
            const EnrollmentEntry& entry = plain_.index.at(i);
            std::set<std::string_view> pending;
            for (const auto& one : entry.queue) {
                if (!pending.insert(one.command->uuid).second)
                    found(entry.id, "command " + one.command->uuid + " is in its queue twice", from_backup);
                if (!recipients_of(one.command->uuid).contains(entry.id))
                    found(entry.id, "pending command " + one.command->uuid + " does not list it",
                          from_backup);
            }
        }
    }

    void check_event_files() {
        for (const auto& name : files_.list(layout_.events())) {
            if (!EventFiles::file_number(name))
                found(layout_.events() + "/" + name, "nothing here has that name", "remove it");
        }
    }

    Files& files_;
    const Layout& layout_;
    Ledger plain_;
    std::map<std::string, const EnrollmentEntry*> by_directory_;
    std::set<std::string> ahead_commands_;
    std::vector<Finding> findings_;
};

} // namespace

std::vector<Finding> check_store(const std::filesystem::path& directory, Files& files) {
    const Layout layout{std::filesystem::absolute(directory).lexically_normal().string()};
    const OpenFile lock = open_existing_directory(files, layout);
    return Check{files, layout}.run();
}

} // namespace nanomdm::storage::file
