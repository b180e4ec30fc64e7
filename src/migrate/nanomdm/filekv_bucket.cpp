// From a key to its directory, and back.
#include "migrate/nanomdm/filekv_bucket.hpp"

#include "nanomdm/error.hpp"

#include <algorithm>

namespace nanomdm::migrate {
namespace {

/// How many characters of a key name its directories, half of them each.
constexpr std::size_t leaf_characters = 4;

} // namespace

FileKvBucket::FileKvBucket(const Directory& root, std::string_view name, std::string_view stripped)
    : bucket_{root.directory(std::string{name})}, stripped_{stripped} {}

FileKvBucket::Leaf FileKvBucket::leaf_of(std::string_view key) const {
    if (!stripped_.empty() && key.starts_with(stripped_)) key.remove_prefix(stripped_.size());
    std::string padded;
    if (key.size() < leaf_characters) padded.assign(leaf_characters - key.size(), '0');
    padded += key.substr(0, leaf_characters);
    return {padded.substr(0, 2), padded.substr(2, 2)};
}

const Directory* FileKvBucket::open(const Leaf& leaf) const {
    if (!bucket_) return nullptr;
    if (opened_ && leaf == opened_leaf_) return &*opened_;
    opened_.reset();
    const auto first = bucket_->directory(leaf.first);
    if (!first) return nullptr;
    opened_ = first->directory(leaf.second);
    if (!opened_) return nullptr;
    opened_leaf_ = leaf;
    return &*opened_;
}

std::optional<StoredFile> FileKvBucket::file(const std::string& key) const {
    const auto* directory = open(leaf_of(key));
    return directory == nullptr ? std::nullopt : directory->file(key);
}

bool FileKvBucket::has(const std::string& key) const {
    const auto* directory = open(leaf_of(key));
    return directory != nullptr && directory->has(key);
}

std::optional<TimePoint> FileKvBucket::modified_at(const std::string& key) const {
    const auto* directory = open(leaf_of(key));
    return directory == nullptr ? std::nullopt : directory->modified_at(key);
}

std::vector<FileKvBucket::Leaf> FileKvBucket::leaves() const {
    std::vector<Leaf> leaves;
    if (!bucket_) return leaves;
    bucket_->for_each([this, &leaves](const std::string& first, Directory::Kind kind) {
        if (kind != Directory::Kind::directory) return;
        const auto directory = bucket_->directory(first);
        if (!directory) return;
        directory->for_each([&leaves, &first](const std::string& second, Directory::Kind inner) {
            if (inner == Directory::Kind::directory) leaves.push_back({first, second});
        });
    });
    std::ranges::sort(leaves);
    return leaves;
}

std::vector<FileKvBucket::Leaf> FileKvBucket::leaves_of_prefix(std::string_view prefix) const {
    if (prefix.size() >= leaf_characters) return {leaf_of(prefix)};
    auto leaves = this->leaves();
    std::erase_if(leaves,
                  [prefix](const Leaf& leaf) { return !(leaf.first + leaf.second).starts_with(prefix); });
    return leaves;
}

void FileKvBucket::for_each_key(const Leaf& leaf,
                                const std::function<void(const std::string& key)>& take) const {
    const auto* directory = open(leaf);
    if (directory == nullptr) return;
    directory->for_each([this, &leaf, &take](const std::string& key, Directory::Kind) {
        if (leaf_of(key) == leaf) take(key);
    });
}

} // namespace nanomdm::migrate
