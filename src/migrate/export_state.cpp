// The file's lines, and replacing it as a whole.
#include "migrate/export_state.hpp"

#include "nanomdm/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace nanomdm::migrate {
namespace {

constexpr std::string_view heading = "nanomdm export, version 1";

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
    throw Error{Errc::unavailable,
                path.string() + ": " + what + ": " + std::generic_category().message(errno)};
}

void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(path, "cannot be written");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// Of the file: it has a new name in it.
void flush_directory(const std::filesystem::path& path) {
    const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) fail(directory, "cannot be opened");
    const bool is_flushed = ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!is_flushed) fail(directory, "cannot be flushed");
}

void append_line(std::string& text, std::string_view word, std::string_view rest) {
    text.append(word).append(1, ' ').append(rest).append(1, '\n');
}

std::string read_whole(const std::filesystem::path& path) try {
    std::ifstream file{path, std::ios::binary};
    if (!file) fail(path, "cannot be read");
    return {std::istreambuf_iterator<char>{file}, {}};
} catch (const std::ios_base::failure&) { // a directory
    fail(path, "cannot be read");
}

} // namespace

ExportState::ExportState(std::filesystem::path file, std::string url)
    : file_{std::move(file)}, url_{std::move(url)} {
    if (file_.empty()) return;
    if (std::filesystem::exists(file_)) read(read_whole(file_));
    replace();
}

ExportState::~ExportState() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void ExportState::read(const std::string& text) {
    std::size_t number = 0;
    std::size_t at = 0;
    // A last line without its end was cut off: what it says has not been noted.
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', at), ++number) {
        const auto line = text.substr(at, end - at);
        at = end + 1;
        const auto blank = std::min(line.find(' '), line.size());
        const auto word = std::string_view{line}.substr(0, blank);
        const auto rest = line.substr(std::min(blank + 1, line.size()));
        if (number == 0 && line != heading) break;
        if (number == 1 && word != "to") break;
        if (number == 1 && rest != url_)
            throw Error{Errc::conflict, file_.string() + " is of an export to another URL"};
        if (number > 1) take_line(word, rest);
    }
    if (number < 2) throw Error{Errc::corrupt, file_.string() + " is not the state of an export"};
}

EnrollmentId ExportState::enrollment_id(const std::string& text) const try {
    return EnrollmentId{text};
} catch (const Error& error) {
    throw Error{Errc::corrupt, file_.string() + ": " + error.what()};
}

void ExportState::take_line(std::string_view word, const std::string& rest) {
    if (word == "complete") {
        complete_ = true;
        return;
    }
    const auto id = enrollment_id(rest);
    if (word == "after") {
        after_ = id;
    } else if (word == "authenticated") {
        authenticated_.insert(id);
    } else if (word == "finished") {
        finished_.insert(id);
        failed_.erase(id);
    } else if (word == "failed") {
        failed_.insert(id);
    } else {
        throw Error{Errc::corrupt, file_.string() + " has a line that says nothing"};
    }
}

std::vector<EnrollmentId> ExportState::failed() const {
    const std::lock_guard lock{mutex_};
    return {failed_.begin(), failed_.end()};
}

bool ExportState::has_been_tried(const EnrollmentId& id) const {
    const std::lock_guard lock{mutex_};
    return finished_.contains(id) || failed_.contains(id);
}

bool ExportState::has_authenticated(const EnrollmentId& device) const {
    const std::lock_guard lock{mutex_};
    return authenticated_.contains(device);
}

void ExportState::note_authenticated(const EnrollmentId& device) {
    const std::lock_guard lock{mutex_};
    authenticated_.insert(device);
    append("authenticated", device);
}

void ExportState::note_finished(const EnrollmentId& id) {
    const std::lock_guard lock{mutex_};
    finished_.insert(id);
    failed_.erase(id);
    append("finished", id);
}

void ExportState::note_failed(const EnrollmentId& id) {
    const std::lock_guard lock{mutex_};
    if (failed_.insert(id).second) append("failed", id);
}

void ExportState::finish_page(const EnrollmentId& last) {
    const std::lock_guard lock{mutex_};
    after_ = last;
    finished_.clear();
    std::erase_if(authenticated_, [this](const EnrollmentId& id) { return !failed_.contains(id); });
    if (!file_.empty()) replace();
}

void ExportState::finish_all() {
    const std::lock_guard lock{mutex_};
    complete_ = true;
    if (!file_.empty()) replace();
}

/// One write(): a line is there as a whole, or is the last one and has no end.
void ExportState::append(std::string_view word, const EnrollmentId& id) {
    if (descriptor_ < 0) return;
    std::string line;
    append_line(line, word, id.str());
    write_all(descriptor_, line, file_);
}

void ExportState::replace() {
    std::string text{heading};
    text += '\n';
    append_line(text, "to", url_);
    if (after_) append_line(text, "after", after_->str());
    for (const auto& id : failed_) append_line(text, "failed", id.str());
    for (const auto& id : authenticated_) append_line(text, "authenticated", id.str());
    for (const auto& id : finished_) append_line(text, "finished", id.str());
    if (complete_) text += "complete\n";

    auto fresh = file_;
    fresh += ".new";
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor_ < 0) fail(fresh, "cannot be made");
    write_all(descriptor_, text, fresh);
    if (::fdatasync(descriptor_) != 0) fail(fresh, "cannot be flushed");
    if (::rename(fresh.c_str(), file_.c_str()) != 0) fail(file_, "cannot be replaced");
    flush_directory(file_);
}

} // namespace nanomdm::migrate
