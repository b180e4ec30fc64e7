// What is looked for in a directory, and what is said when it is not there.
#include "migrate/nanomdm/store_kind.hpp"

#include "nanomdm/error.hpp"

#include <algorithm>
#include <string_view>

namespace nanomdm::migrate {
namespace {

bool is_ours(const Directory& root) {
    const auto version = root.file("VERSION");
    return version && version->bytes.starts_with("nanomdm file store");
}

bool is_enrollment(const Directory& directory) {
    constexpr std::array<const char*, 5> files{"Authenticate.plist", "TokenUpdate.plist",
                                               "UserAuthenticate.plist", "Queue", "QueueDone"};
    return std::ranges::any_of(files, [&directory](const char* name) { return directory.has(name); });
}

bool has_enrollment(const Directory& root) {
    bool found = false;
    root.for_each([&root, &found](const std::string& name, Directory::Kind kind) {
        if (found || kind != Directory::Kind::directory) return;
        try {
            const auto directory = root.directory(name);
            found = directory && is_enrollment(*directory);
        } catch (const Error& error) {
            if (error.code() == Errc::unavailable) throw;
        }
    });
    return found;
}

/// The push certificates lie at the top, and may be all there is.
bool has_certificates(const Directory& root) {
    bool found = root.has("CertAuth.txt");
    root.for_each([&root, &found](const std::string& name, Directory::Kind) {
        constexpr std::string_view ending = ".pem";
        if (name.ends_with(ending))
            found = found || root.has(name.substr(0, name.size() - ending.size()) + ".key");
    });
    return found;
}

bool is_file_store(const Directory& root) { return has_certificates(root) || has_enrollment(root); }

/// A bucket comes into being with its first key: a new store has few.
bool is_filekv_store(const Directory& root) {
    bool found = false;
    root.for_each([&found](const std::string& name, Directory::Kind kind) {
        found =
            found || (kind == Directory::Kind::directory && std::ranges::count(filekv_buckets, name) != 0);
    });
    return found;
}

Directory open_root(const std::string& path) {
    auto root = Directory::open(path);
    if (is_ours(root))
        throw Error{Errc::invalid,
                    path +
                        " is not NanoMDM's: it is a store of this server, which serves it with "
                        "-storage file -storage-dsn " +
                        path};
    return root;
}

[[noreturn]] void refuse(const std::string& path, const char* kind) {
    throw Error{Errc::invalid, path + " is not a store of NanoMDM's " + kind + " storage"};
}

} // namespace

Directory open_file_store(const std::string& path) {
    auto root = open_root(path);
    if (is_file_store(root)) return root;
    if (is_filekv_store(root))
        throw Error{Errc::invalid,
                    path + " is a store of NanoMDM's filekv storage: use -import-nanomdm filekv:" + path};
    refuse(path, "file");
}

Directory open_filekv_store(const std::string& path) {
    auto root = open_root(path);
    if (is_filekv_store(root)) return root;
    if (is_file_store(root))
        throw Error{Errc::invalid,
                    path + " is a store of NanoMDM's file storage: use -import-nanomdm file:" + path};
    refuse(path, "filekv");
}

} // namespace nanomdm::migrate
