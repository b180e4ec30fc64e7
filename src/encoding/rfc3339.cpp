// By the calendar of std::chrono, not gmtime, which takes a lock that stays locked in a child forked
// meanwhile.
#include "encoding/rfc3339.hpp"

#include <array>
#include <cstdio>

namespace nanomdm {

std::string rfc3339(std::chrono::system_clock::time_point time, unsigned digits) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{floor<nanoseconds>(time - day)};
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    std::string result = text.data();
    if (digits > 0) {
        std::snprintf(text.data(), text.size(), ".%09d", static_cast<int>(clock.subseconds().count()));
        result.append(text.data(), 1 + digits);
    }
    return result + "Z";
}

} // namespace nanomdm
