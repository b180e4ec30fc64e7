// The contract on the file backend, in a temporary directory of its own.
#include "contract/storage_contract.hpp"
#include "storage/file/file_storage.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace nanomdm::contract {
namespace {

namespace fs = std::filesystem;

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string path = (fs::temp_directory_path() / "nanomdm-contract-XXXXXX").string();
        if (::mkdtemp(path.data()) == nullptr) throw std::system_error{errno, std::generic_category(), path};
        path_ = path;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const fs::path& path() const noexcept { return path_; }

private:
    fs::path path_;
};

class FileInstance final : public Instance {
public:
    FileInstance() { open(); }
    AllStorage& storage() override { return *storage_; }
    bool reopen() override {
        storage_.reset(); // first: the directory is locked while it is open
        open();
        return true;
    }

private:
    void open() {
        storage::FileOptions options;
        options.directory = directory_.path() / "store";
        options.journal.segment_bytes = 256 << 10; // more segments, and less to prepare for each test
        options.event_file_bytes = 64 << 10;       // the same
        storage_.emplace(std::move(options));
    }

    TemporaryDirectory directory_;
    std::optional<storage::FileStorage> storage_;
};

const Backend file{.name = "File", .open_empty = [] { return std::make_unique<FileInstance>(); }};

NANOMDM_STORAGE_CONTRACT(File, file);

} // namespace
} // namespace nanomdm::contract
