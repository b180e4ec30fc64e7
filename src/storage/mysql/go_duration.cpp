#include "storage/mysql/go_duration.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace nanomdm::storage::mysql {
namespace {

// A unit that begins another stands behind it.
constexpr std::array<std::pair<std::string_view, double>, 8> units{{{"ns", 1},
                                                                    {"us", 1e3},
                                                                    {"\xC2\xB5s", 1e3},
                                                                    {"\xCE\xBCs", 1e3},
                                                                    {"ms", 1e6},
                                                                    {"s", 1e9},
                                                                    {"m", 60e9},
                                                                    {"h", 3600e9}}};
constexpr double longest = 10'000 * 3600e9;

} // namespace

std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text) {
    if (text == "0") return std::chrono::nanoseconds{0};
    double total = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        double number = 0;
        const auto [end, failed] =
            std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
        const bool starts_as_number = (text.front() >= '0' && text.front() <= '9') || text.front() == '.';
        if (failed != std::errc{} || !starts_as_number) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const auto unit = std::find_if(units.begin(), units.end(),
                                       [&](const auto& known) { return text.starts_with(known.first); });
        if (unit == units.end()) return std::nullopt;
        text.remove_prefix(unit->first.size());
        total += number * unit->second;
        if (!(total <= longest)) return std::nullopt;
    }
    return std::chrono::nanoseconds{std::llround(total)};
}

} // namespace nanomdm::storage::mysql
