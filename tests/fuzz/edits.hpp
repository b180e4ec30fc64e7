// Fuzz input read as a list of changes to something valid, which random bytes would never be.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nanomdm::fuzz {

class Input {
public:
    Input(const std::uint8_t* bytes, std::size_t size) : rest_{reinterpret_cast<const char*>(bytes), size} {}

    [[nodiscard]] bool empty() const { return rest_.empty(); }
    /// 0 when nothing is left.
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    /// Below `limit`; 0 when that is 0.
    std::size_t below(std::size_t limit) {
        const std::size_t high = limit > 256 ? byte() : 0U;
        const std::size_t low = byte();
        return limit == 0 ? 0 : (high << 8 | low) % limit;
    }
    std::string_view text(std::size_t size) {
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    std::string_view rest() { return text(rest_.size()); }

private:
    std::string_view rest_;
};

/// One change somewhere in `text`.
inline void edit(std::string& text, Input& input) {
    const auto kind = input.byte() % 6;
    const auto at = input.below(text.size());
    switch (kind) {
    case 0:
        if (!text.empty()) text[at] = static_cast<char>(static_cast<std::uint8_t>(text[at]) ^ input.byte());
        break;
    case 1:
        text.insert(at, input.text(input.below(16)));
        break;
    case 2:
        text.erase(at, 1 + input.below(16));
        break;
    case 3:
        text.resize(at);
        break;
    case 4:
        text.insert(input.below(text.size()), text.substr(at, input.below(64)));
        break;
    case 5: {
        const auto bytes = input.text(input.below(8));
        text.replace(at, std::min(bytes.size(), text.size() - at), bytes);
        break;
    }
    default:
        break;
    }
}

} // namespace nanomdm::fuzz
