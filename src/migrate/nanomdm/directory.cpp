// openat and friends, none of which follows a link or waits.
#include "migrate/nanomdm/directory.hpp"

#include "nanomdm/error.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace nanomdm::migrate {
namespace {

/// Without O_NONBLOCK, opening a pipe that somebody put there would wait for its writer.
constexpr int file_flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

[[noreturn]] void fail(const std::string& name, int number) {
    const bool is_ours = number == EMFILE || number == ENFILE || number == ENOMEM;
    throw Error{is_ours ? Errc::unavailable : Errc::corrupt,
                name + ": " + std::generic_category().message(number)};
}

bool is_component(std::string_view name) noexcept {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos;
}

bool is_absence(int number) noexcept { return number == ENOENT || number == ENAMETOOLONG; }

class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_{number} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int get() const noexcept { return number_; }
    int release() noexcept { return std::exchange(number_, -1); }

private:
    int number_;
};

TimePoint modified(const struct stat& status) noexcept {
    return TimePoint{std::chrono::duration_cast<TimePoint::duration>(
        std::chrono::seconds{status.st_mtim.tv_sec} + std::chrono::nanoseconds{status.st_mtim.tv_nsec})};
}

/// @param size as far as is known: the file of a running server may grow meanwhile
std::string read_all(int descriptor, const std::string& name, std::size_t size, std::size_t most) {
    std::string bytes;
    for (;;) {
        const auto before = bytes.size();
        // One more than there should be: a short read is then the end of a plain file.
        const auto wanted = std::max(size, before) - before + 1;
        bytes.resize(before + wanted);
        const auto got = ::read(descriptor, bytes.data() + before, wanted);
        const int number = errno;
        bytes.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got < 0 && number != EINTR) fail(name, number);
        if (got >= 0 && static_cast<std::size_t>(got) < wanted) return bytes;
        if (bytes.size() > most) throw Error{Errc::corrupt, name + " is too large"};
        size = bytes.size() * 2;
    }
}

Directory::Kind kind_of(int directory, const dirent& entry) {
    if (entry.d_type == DT_DIR) return Directory::Kind::directory;
    if (entry.d_type == DT_REG) return Directory::Kind::file;
    struct stat status {};
    if (entry.d_type != DT_UNKNOWN || ::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return Directory::Kind::other;
    if (S_ISDIR(status.st_mode)) return Directory::Kind::directory;
    return S_ISREG(status.st_mode) ? Directory::Kind::file : Directory::Kind::other;
}

} // namespace

Directory Directory::open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), directory_flags);
    if (descriptor < 0)
        throw Error{Errc::invalid, "cannot open " + path + ": " + std::generic_category().message(errno)};
    return Directory{descriptor};
}

Directory::~Directory() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<Directory> Directory::directory(const std::string& name) const {
    if (!is_component(name)) return std::nullopt;
    const int descriptor = ::openat(descriptor_, name.c_str(), directory_flags | O_NOFOLLOW);
    if (descriptor >= 0) return Directory{descriptor};
    if (is_absence(errno)) return std::nullopt;
    fail(name, errno);
}

std::optional<StoredFile> Directory::file(const std::string& name, std::size_t most) const {
    if (!is_component(name)) return std::nullopt;
    const Descriptor opened{::openat(descriptor_, name.c_str(), file_flags)};
    if (opened.get() < 0) {
        if (is_absence(errno)) return std::nullopt;
        fail(name, errno);
    }
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) fail(name, errno);
    if (!S_ISREG(status.st_mode)) throw Error{Errc::corrupt, name + " is no plain file"};
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > most) throw Error{Errc::corrupt, name + " is too large"};
    return StoredFile{read_all(opened.get(), name, size, most), modified(status)};
}

bool Directory::has(const std::string& name) const { return modified_at(name).has_value(); }

std::optional<TimePoint> Directory::modified_at(const std::string& name) const {
    if (!is_component(name)) return std::nullopt;
    struct stat status {};
    if (::fstatat(descriptor_, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return modified(status);
    if (is_absence(errno)) return std::nullopt;
    fail(name, errno);
}

void Directory::for_each(const std::function<void(const std::string& name, Kind kind)>& take) const {
    // A descriptor of its own: reading a directory moves its place.
    Descriptor own{::openat(descriptor_, ".", directory_flags)};
    if (own.get() < 0) fail("directory", errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(own.get()), ::closedir};
    if (!stream) fail("directory", errno);
    own.release();
    for (;;) {
        errno = 0;
        // readdir is safe here: the stream is this call's own.
        const dirent* entry = ::readdir(stream.get()); // NOLINT(concurrency-mt-unsafe)
        if (entry == nullptr) break;
        const std::string name = entry->d_name;
        if (is_component(name)) take(name, kind_of(descriptor_, *entry));
    }
    if (errno != 0) fail("directory", errno);
}

std::vector<std::string> Directory::names() const {
    std::vector<std::string> names;
    for_each([&names](const std::string& name, Kind) { names.push_back(name); });
    std::ranges::sort(names);
    return names;
}

} // namespace nanomdm::migrate
