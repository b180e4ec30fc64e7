// The types a value of a property list can have.
#pragma once

namespace nanomdm::plist {

enum class Kind { string, data, boolean, integer, real, date, array, dict };

} // namespace nanomdm::plist
