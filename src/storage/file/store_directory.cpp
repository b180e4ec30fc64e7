// VERSION, the lock, and refusing directories that are not ours.
#include "storage/file/store_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace nanomdm::storage::file {
namespace {

/// 2: events for the webhook, in the journal and in files of their own.
constexpr int version = 2;
constexpr int oldest_version = 1;
constexpr std::string_view version_prefix = "nanomdm file store, version ";

std::string version_text() { return std::string{version_prefix} + std::to_string(version) + "\n"; }

/// @return the store's version
int check_version(const Layout& layout, std::string_view text) {
    int found = 0;
    if (text.starts_with(version_prefix))
        std::from_chars(text.data() + version_prefix.size(), text.data() + text.size(), found);
    if (found >= oldest_version && found <= version) return found;
    if (found > version)
        throw Error{Errc::invalid, layout.root() + " was written by a newer nanomdm (store version " +
                                       std::to_string(found) + ", this one knows " + std::to_string(version) +
                                       "): run that one, or restore a backup made before the upgrade"};
    throw Error{Errc::invalid, layout.version() + " is not that of a nanomdm store"};
}

/// What a crash in the middle of making a store leaves.
bool is_ours_unfinished(const std::string& name) {
    return name == "lock" || name == "VERSION.new" || name == "journal" || name == "enrollments" ||
           name == "commands" || name == "push-certificates" || name == "events" ||
           name == "lost+found"; // a file system of its own
}

/// Before anything is written that an older program would not understand.
void upgrade(Files& files, const Layout& layout) {
    files.make_directory(layout.events());
    files.sync_directory(layout.root());
    replace_file(files, layout.root(), "VERSION", version_text());
}

OpenFile take_lock(Files& files, const Layout& layout) {
    auto lock = files.lock(layout.lock());
    if (!lock) throw Error{Errc::unavailable, "the store " + layout.root() + " is in use by another process"};
    return std::move(*lock);
}

void make_parents(Files& files, const std::string& path) {
    for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
        files.make_directory(path.substr(0, slash));
    files.make_directory(path);
}

/// Any of them may be new. One of another owner may not be ours to open, and then was there before.
void sync_parents(Files& files, const std::string& path) {
    for (auto slash = path.rfind('/'); slash != std::string::npos && slash != 0;
         slash = path.rfind('/', slash - 1)) {
        try {
            files.sync_directory(path.substr(0, slash));
        } catch (const FileError& error) {
            if (error.number() != EACCES) throw;
        }
    }
}

} // namespace

OpenFile open_directory(Files& files, const Layout& layout, bool must_exist) {
    if (const auto text = read_file(files, layout.version())) {
        const int found = check_version(layout, *text);
        auto lock = take_lock(files, layout);
        if (found != version) upgrade(files, layout);
        return lock;
    }
    if (must_exist) throw Error{Errc::invalid, layout.root() + " is not a store of this server"};
    const auto names = files.list(layout.root());
    if (!std::ranges::all_of(names, is_ours_unfinished))
        throw Error{Errc::invalid,
                    layout.root() +
                        " is not empty and not a store of this server; if it is NanoMDM's, import it "
                        "into a new directory with -import-nanomdm file:" +
                        layout.root()};
    make_parents(files, layout.root());
    auto lock = take_lock(files, layout);
    for (const auto& path : {layout.journal(), layout.enrollments(), layout.commands(),
                             layout.push_certificates(), layout.events()})
        files.make_directory(path);
    files.sync_directory(layout.root());
    // Last: with it, the store exists.
    replace_file(files, layout.root(), "VERSION", version_text());
    sync_parents(files, layout.root());
    return lock;
}

OpenFile open_existing_directory(Files& files, const Layout& layout) {
    const auto text = read_file(files, layout.version());
    if (!text) throw Error{Errc::invalid, layout.root() + " is not a store of this server"};
    check_version(layout, *text);
    return take_lock(files, layout);
}

} // namespace nanomdm::storage::file
