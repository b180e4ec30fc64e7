// Counting boundaries and dying at one.
#include "faulty_files.hpp"

#include <unistd.h>

namespace nanomdm::storage::file {

void Boundaries::pass(const std::function<void()>& half, const std::function<void()>& end) {
    if (++passed_ != last_) return;
    if (in_the_middle_) half();
    end();
}

void KillingFiles::pass(const std::function<void()>& half) {
    boundaries_.pass(half, [] { ::_exit(cut_short); });
}

void KillingFiles::rename(const std::string& from, const std::string& to) {
    pass();
    PosixFiles::rename(from, to);
}
void KillingFiles::put_in_place(const std::string& from, const std::string& to) {
    pass();
    PosixFiles::put_in_place(from, to);
}
bool KillingFiles::remove(const std::string& path) {
    pass();
    return PosixFiles::remove(path);
}
void KillingFiles::make_directory(const std::string& path) {
    pass();
    PosixFiles::make_directory(path);
}
void KillingFiles::sync_directory(const std::string&) { pass(); }
void KillingFiles::sync_filesystem(const std::string&) { pass(); }

std::optional<int> KillingFiles::open_descriptor(const std::string& path, OpenMode mode) {
    if (mode != OpenMode::read && mode != OpenMode::update) pass();
    return PosixFiles::open_descriptor(path, mode);
}
void KillingFiles::write_at(int descriptor, std::string_view bytes, std::uint64_t offset) {
    pass([&] { PosixFiles::write_at(descriptor, bytes.substr(0, bytes.size() / 2), offset); });
    PosixFiles::write_at(descriptor, bytes, offset);
}
void KillingFiles::append(int descriptor, std::string_view bytes) {
    pass([&] { PosixFiles::append(descriptor, bytes.substr(0, bytes.size() / 2)); });
    PosixFiles::append(descriptor, bytes);
}
void KillingFiles::truncate(int descriptor, std::uint64_t size) {
    pass();
    PosixFiles::truncate(descriptor, size);
}
void KillingFiles::sync_data(int) { pass(); }

} // namespace nanomdm::storage::file
