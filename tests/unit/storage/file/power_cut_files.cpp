// The model of what a disk may hold after the power was cut.
#include "power_cut_files.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace nanomdm::storage::file {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t sector = 512;

std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

} // namespace

PowerCutFiles::PowerCutFiles(std::string root, std::uint64_t last, std::uint64_t seed)
    : root_{std::move(root)}, boundaries_{last, (seed & 1) != 0}, random_{seed} {
    for (auto path = parent(root_); !path.empty(); path = parent(path)) load(path);
    if (fs::exists(root_)) {
        load(root_);
        for (const auto& entry : fs::recursive_directory_iterator{root_}) load(entry.path().string());
    }
}

void PowerCutFiles::load(const std::string& path) {
    auto node = std::make_shared<Node>();
    node->is_directory = fs::is_directory(path);
    if (!node->is_directory) {
        std::ostringstream bytes;
        bytes << std::ifstream{path, std::ios::binary}.rdbuf();
        node->bytes = node->flushed = bytes.str();
    }
    names_[path] = flushed_names_[path] = node;
}

void PowerCutFiles::apply(Names& names, const Change& change) {
    if (change.exchanged)
        names[change.old_name] = change.exchanged;
    else if (!change.old_name.empty())
        names.erase(change.old_name);
    if (change.node)
        names[change.path] = change.node;
    else
        names.erase(change.path);
}

void PowerCutFiles::change(Change change) {
    apply(names_, change);
    unflushed_.push_back(std::move(change));
}

void PowerCutFiles::pass(const std::function<void()>& half) {
    boundaries_.pass(half, [this] { cut(); });
}

std::string PowerCutFiles::surviving(const Node& node) {
    if (node.bytes == node.flushed) return node.bytes;
    std::string bytes = node.flushed;
    const std::size_t sizes[] = {node.flushed.size(), node.bytes.size(),
                                 (node.flushed.size() + node.bytes.size()) / 2};
    bytes.resize(sizes[random_() % 3], '\0');
    for (std::size_t at = 0; at < bytes.size(); at += sector) {
        if (flip() && at < node.bytes.size()) {
            const auto count = std::min({sector, bytes.size() - at, node.bytes.size() - at});
            bytes.replace(at, count, node.bytes, at, count);
        }
    }
    return bytes;
}

void PowerCutFiles::cut() {
    Names left = flushed_names_;
    for (const auto& change : unflushed_) {
        if (flip()) apply(left, change);
    }
    std::map<std::string, std::string> files;
    std::vector<std::string> directories;
    for (const auto& [path, node] : left) {
        if (node->is_directory)
            directories.push_back(path);
        else
            files.emplace(path, surviving(*node));
    }
    write_below(root_, files, directories);
    ::_exit(cut_short);
}

void PowerCutFiles::put_down() const {
    std::map<std::string, std::string> files;
    std::vector<std::string> directories;
    for (const auto& [path, node] : names_) {
        if (node->is_directory)
            directories.push_back(path);
        else
            files.emplace(path, node->bytes);
    }
    write_below(root_, files, directories);
}

void PowerCutFiles::write_below(const std::string& root, const std::map<std::string, std::string>& files,
                                const std::vector<std::string>& directories) {
    std::error_code ignored;
    fs::remove_all(root, ignored);
    for (const auto& path : directories) {
        if (path.starts_with(root)) fs::create_directories(path);
    }
    for (const auto& [path, bytes] : files) {
        if (!path.starts_with(root)) continue;
        fs::create_directories(parent(path));
        std::ofstream{path, std::ios::binary} << bytes;
    }
}

void PowerCutFiles::rename(const std::string& from, const std::string& to) {
    pass();
    const auto found = names_.find(from);
    if (found == names_.end()) throw FileError{"rename", from, ENOENT};
    change({to, found->second, from});
}

void PowerCutFiles::put_in_place(const std::string& from, const std::string& to) {
    const auto replaced = names_.find(to);
    if (replaced == names_.end()) return rename(from, to);
    pass();
    change({to, names_.at(from), from, replaced->second});
}

bool PowerCutFiles::remove(const std::string& path) {
    pass();
    if (!is_there(path)) return false;
    change({path, nullptr});
    return true;
}

void PowerCutFiles::make_directory(const std::string& path) {
    pass();
    if (is_there(path)) return;
    if (!is_there(parent(path))) throw FileError{"mkdir", path, ENOENT};
    auto node = std::make_shared<Node>();
    node->is_directory = true;
    change({path, std::move(node)});
}

std::vector<std::string> PowerCutFiles::list(const std::string& path) {
    std::vector<std::string> names;
    const std::string prefix = path + "/";
    for (auto at = names_.upper_bound(prefix); at != names_.end() && at->first.starts_with(prefix); ++at) {
        std::string name = at->first.substr(prefix.size());
        if (name.find('/') == std::string::npos) names.push_back(std::move(name));
    }
    return names;
}

void PowerCutFiles::sync_directory(const std::string& path) {
    pass();
    std::erase_if(unflushed_, [&](const Change& change) {
        if (parent(change.path) != path) return false;
        apply(flushed_names_, change);
        return true;
    });
}

void PowerCutFiles::sync_filesystem(const std::string&) {
    pass();
    for (const auto& [path, node] : names_) node->flushed = node->bytes;
    flushed_names_ = names_;
    unflushed_.clear();
}

std::optional<OpenFile> PowerCutFiles::lock(const std::string& path) {
    return handle(*open_descriptor(path, OpenMode::append), path);
}

std::optional<int> PowerCutFiles::open_descriptor(const std::string& path, OpenMode mode) {
    auto found = names_.find(path);
    if (mode == OpenMode::read || mode == OpenMode::update) {
        if (found == names_.end()) return std::nullopt;
    } else {
        pass();
        if (!is_there(parent(path))) throw FileError{"open", path, ENOENT};
        if (found == names_.end()) {
            change({path, std::make_shared<Node>()});
            found = names_.find(path);
        }
        if (mode == OpenMode::overwrite) found->second->bytes.clear();
    }
    open_[next_descriptor_] = found->second;
    return next_descriptor_++;
}

void PowerCutFiles::close(int descriptor) noexcept { open_.erase(descriptor); }

std::size_t PowerCutFiles::read_at(int descriptor, char* to, std::size_t size, std::uint64_t offset) {
    const auto& bytes = open_.at(descriptor)->bytes;
    if (offset >= bytes.size()) return 0;
    return bytes.copy(to, size, offset);
}

void PowerCutFiles::write_at(int descriptor, std::string_view bytes, std::uint64_t offset) {
    auto& all = open_.at(descriptor)->bytes;
    const auto put = [&](std::string_view part) {
        if (all.size() < offset + part.size()) all.resize(offset + part.size(), '\0');
        all.replace(offset, part.size(), part);
    };
    pass([&] { put(bytes.substr(0, bytes.size() / 2)); });
    put(bytes);
}

void PowerCutFiles::append(int descriptor, std::string_view bytes) {
    auto& all = open_.at(descriptor)->bytes;
    pass([&] { all += bytes.substr(0, bytes.size() / 2); });
    all += bytes;
}

void PowerCutFiles::truncate(int descriptor, std::uint64_t size) {
    pass();
    open_.at(descriptor)->bytes.resize(size, '\0');
}

std::uint64_t PowerCutFiles::size(int descriptor) { return open_.at(descriptor)->bytes.size(); }

void PowerCutFiles::sync_data(int descriptor) {
    pass();
    auto& node = *open_.at(descriptor);
    node.flushed = node.bytes;
}

} // namespace nanomdm::storage::file
