// Bolt files: bytes, or changes to a valid MicroMDM database, with metas that are right again so that the
// pages behind them are looked at. What opens is walked, and given to an import.
#include "fuzz/edits.hpp"
#include "fuzz/migrate_sink.hpp"
#include "log/log.hpp"
#include "migrate/bolt/database.hpp"
#include "migrate/micromdm/micromdm_source.hpp"
#include "support/bolt/micromdm_database.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using namespace nanomdm;
using namespace nanomdm::test;

constexpr std::size_t page_size = 512;

/// A file in memory, for what reads files.
class MemoryFile {
public:
    MemoryFile()
        : descriptor_{::memfd_create("bolt", MFD_CLOEXEC)}, path_{"/proc/self/fd/" +
                                                                  std::to_string(descriptor_)} {
        fuzz::require(descriptor_ >= 0, "there is a file");
    }
    ~MemoryFile() { ::close(descriptor_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    void write(const std::string& bytes) const {
        fuzz::require(::ftruncate(descriptor_, 0) == 0, "file is emptied");
        const auto written = ::pwrite(descriptor_, bytes.data(), bytes.size(), 0);
        fuzz::require(written == static_cast<ssize_t>(bytes.size()), "file is written");
    }

private:
    int descriptor_;
    std::filesystem::path path_;
};

std::string make_sample(bool has_inline_buckets) {
    MicroMdmDatabase database;
    const std::string hash(32, 'h');
    for (const auto* udid : {"udid-a", "udid-b", "udid-c"}) {
        database.add(MicroMdmDevice{.udid = udid, .unlock_token = "aabb", .bootstrap_token = "token"}, hash);
        database.enqueue(udid, MicroMdmList::commands, "uuid", "ProfileList");
    }
    database.add(MicroMdmUser{.udid = "udid-a", .user_id = "user"}, {});
    database.put("mdm.PushInfo", "enrollment", MicroMdmPush{}.encode("enrollment"));
    const MemoryFile file;
    database.write(file.path(),
                   {.page_size = page_size, .first_page = 4, .has_inline_buckets = has_inline_buckets});
    std::ifstream in{file.path(), std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::string file_of(fuzz::Input& input) {
    static const std::string samples[] = {make_sample(true), make_sample(false)};
    const auto kind = input.byte() % 3U;
    if (kind == 2) return std::string{input.rest()};
    auto file = samples[kind];
    while (!input.empty()) {
        // Most changes are of single bytes: other ones move all that follows.
        const auto at = input.below(file.size());
        if (at % 16 != 15) {
            if (!file.empty()) file[at] = static_cast<char>(input.byte());
        } else {
            fuzz::edit(file, input);
        }
    }
    return file;
}

std::size_t count(const migrate::bolt::Bucket& bucket) {
    std::size_t entries = 0;
    for (const auto& entry : bucket) {
        ++entries;
        const auto inner = bucket.bucket(entry.key);
        fuzz::require(entry.is_bucket == inner.has_value(), "a bucket is found as one");
        fuzz::require(entry.is_bucket || bucket.get(entry.key) == entry.value, "a value is found by its key");
        if (inner) entries += count(*inner);
    }
    return entries;
}

} // namespace

/// Once: a torn meta is a warning each time.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    log::configure(log::Level::error, log::Format::text);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const MemoryFile memory;
    fuzz::Input input{bytes, size};
    const bool is_sealed = (input.byte() & 1) == 0;
    auto file = file_of(input);
    for (const auto meta : {std::size_t{0}, page_size})
        if (is_sealed && file.size() >= meta + page_size) seal_bolt_meta(file, meta);
    memory.write(file);
    fuzz::attempt([&] {
        const migrate::bolt::Database database{memory.path()};
        fuzz::require(count(database.root()) < file.size(), "no more entries than bytes");
    });
    fuzz::attempt([&] {
        migrate::MicroMdmSource source{memory.path()};
        fuzz::CheckingSink sink;
        source.read(sink);
        static_cast<void>(source.scep_ca());
    });
    return 0;
}
