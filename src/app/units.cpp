// Parsing with overflow in mind: what is too large to mean anything is refused.
#include "app/units.hpp"

#include "nanomdm/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace nanomdm::app {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<char, std::chrono::seconds>, 4> duration_units{
    {{'d', std::chrono::days{1}}, {'h', 1h}, {'m', 1min}, {'s', 1s}}};

/// Takes the number at the front of `text`; nothing over 32 bits is a sensible setting.
std::uint32_t take_number(std::string_view& text, const std::string& whole) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) throw Error{Errc::invalid, "\"" + whole + "\" is not understood"};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

} // namespace

std::chrono::seconds parse_duration(const std::string& text) {
    std::string_view rest{text};
    std::chrono::seconds total{0};
    do {
        const std::chrono::seconds::rep number = take_number(rest, text);
        if (rest.empty()) return total + number * 1s;
        bool known = false;
        for (const auto& [letter, unit] : duration_units) {
            if (letter != rest.front()) continue;
            total += number * unit;
            known = true;
        }
        if (!known) throw Error{Errc::invalid, "\"" + text + "\" is not a duration like 90s, 5m, 1h or 7d"};
        rest.remove_prefix(1);
    } while (!rest.empty());
    return total;
}

std::string to_text(std::chrono::seconds duration) {
    for (const auto& [letter, unit] : duration_units) {
        if (duration >= unit && duration % unit == 0s) return std::to_string(duration / unit) + letter;
    }
    return std::to_string(duration.count()) + "s";
}

std::uint64_t parse_size(const std::string& text) {
    std::string_view rest{text};
    const std::uint64_t number = take_number(rest, text);
    if (rest.ends_with("iB"))
        rest.remove_suffix(2);
    else if (rest.ends_with('B'))
        rest.remove_suffix(1);
    if (rest.empty()) return number;
    if (rest == "K" || rest == "k") return number << 10;
    if (rest == "M") return number << 20;
    if (rest == "G") return number << 30;
    throw Error{Errc::invalid, "\"" + text + "\" is not a size like 16777216, 64K or 16M"};
}

bool parse_boolean(const std::string& word) {
    constexpr std::array<std::string_view, 6> yes{"1", "t", "T", "true", "TRUE", "True"};
    constexpr std::array<std::string_view, 6> no{"0", "f", "F", "false", "FALSE", "False"};
    if (std::ranges::find(yes, word) != yes.end()) return true;
    if (std::ranges::find(no, word) != no.end()) return false;
    throw Error{Errc::invalid, "\"" + word + "\" is neither true nor false"};
}

} // namespace nanomdm::app
