// Locking, mapping, and giving memory back.
#include "migrate/bolt/mapped_file.hpp"

#include "migrate/bolt/truncation_guard.hpp"
#include "nanomdm/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace nanomdm::migrate::bolt {
namespace {

/// A page fault brings in up to this much of a file around it (fault_around_bytes in the kernel).
constexpr std::uint64_t block_size = 64 * 1024;
/// Pages of a mapped file count as the process's memory; with this many it lets go of them.
constexpr std::uint64_t most_resident_blocks = 32 * 1024 * 1024 / block_size;

[[noreturn]] void fail(const std::string& name, const std::string& what, int error) {
    throw Error{Errc::unavailable, name + ": " + what + ": " + std::generic_category().message(error)};
}

/// Closes it unless it is taken over.
class Descriptor {
public:
    explicit Descriptor(int& descriptor) noexcept : descriptor_{&descriptor} {}
    ~Descriptor() {
        if (descriptor_ != nullptr && *descriptor_ >= 0) ::close(*descriptor_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    void keep() noexcept { descriptor_ = nullptr; }

private:
    int* descriptor_;
};

} // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : name_{path.string()} {
    // Opening a pipe would wait for its writer.
    descriptor_ = ::open(name_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) fail(name_, "cannot be opened", errno);
    Descriptor closing{descriptor_};
    lock();
    map();
    closing.keep();
}

MappedFile::~MappedFile() {
    forget_mapping(start_);
    ::munmap(const_cast<char*>(start_), size_);
    ::close(descriptor_);
}

void MappedFile::lock() {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail(name_, "cannot be looked at", errno);
    if (!S_ISREG(status.st_mode)) throw Error{Errc::unavailable, name_ + " is not a regular file"};
    if (::flock(descriptor_, LOCK_SH | LOCK_NB) == 0) return;
    if (errno == EWOULDBLOCK)
        throw Error{Errc::unavailable, name_ + " is open for writing in another process: stop MicroMDM "
                                               "first, or use a copy made while it was stopped"};
    fail(name_, "cannot be locked", errno);
}

/// Its size is what it is under the lock.
void MappedFile::map() {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail(name_, "cannot be looked at", errno);
    size_ = static_cast<std::uint64_t>(status.st_size);
    if (size_ == 0) throw Error{Errc::corrupt, name_ + " is empty"};
    resident_.resize(size_ / block_size + 1);
    void* const start = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
    if (start == MAP_FAILED) fail(name_, "cannot be mapped into memory", errno);
    start_ = static_cast<const char*>(start);
    guard_mapping(start_, size_, name_.c_str());
}

std::string_view MappedFile::bytes(std::uint64_t offset, std::uint64_t length) const {
    if (length > 0) make_room(offset, length);
    return {start_ + offset, static_cast<std::size_t>(length)};
}

std::string_view MappedFile::again(std::string_view view) const {
    return bytes(static_cast<std::uint64_t>(view.data() - start_), view.size());
}

void MappedFile::make_room(std::uint64_t offset, std::uint64_t length) const {
    const auto last = (offset + length - 1) / block_size;
    for (auto block = offset / block_size; block <= last; ++block) {
        if (resident_[block]) continue;
        if (resident_blocks_ >= most_resident_blocks) {
            ::madvise(const_cast<char*>(start_), size_, MADV_DONTNEED);
            resident_.assign(resident_.size(), false);
            resident_blocks_ = 0;
        }
        resident_[block] = true;
        ++resident_blocks_;
    }
}

} // namespace nanomdm::migrate::bolt
