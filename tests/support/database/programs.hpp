// Where the database's programs are on this machine.
#pragma once

#include <string>

namespace nanomdm::test {

/// Looks through PATH, then through the directories of system programs, which PATH often lacks.
/// @throws std::runtime_error when no such program is installed.
[[nodiscard]] std::string find_program(const std::string& name);

} // namespace nanomdm::test
