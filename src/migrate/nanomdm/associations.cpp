// A sorted array of pairs of hashes.
#include "migrate/nanomdm/associations.hpp"

#include "crypto/digest.hpp"
#include "encoding/hex.hpp"

#include <algorithm>

namespace nanomdm::migrate {
namespace {

template <std::size_t Size> std::array<char, Size> array_of(const std::string& bytes) {
    std::array<char, Size> array{};
    std::copy_n(bytes.begin(), std::min(Size, bytes.size()), array.begin());
    return array;
}

} // namespace

Associations::Key Associations::key_of(std::string_view id) {
    return array_of<32>(sha256(id.substr(0, id.find(':'))));
}

bool Associations::add(std::string_view id, std::string_view hash) {
    const auto bytes = from_hex(hash);
    if (!bytes || bytes->size() != 32) return false;
    entries_.push_back({key_of(id), array_of<32>(*bytes)});
    return true;
}

void Associations::sort() { std::ranges::stable_sort(entries_, {}, &Entry::device); }

std::vector<std::string> Associations::of(std::string_view device) const {
    std::vector<std::string> hashes;
    for (const auto& entry : std::ranges::equal_range(entries_, key_of(device), {}, &Entry::device)) {
        auto hash = to_hex({entry.hash.data(), entry.hash.size()});
        if (std::ranges::find(hashes, hash) == hashes.end()) hashes.push_back(std::move(hash));
    }
    return hashes;
}

} // namespace nanomdm::migrate
