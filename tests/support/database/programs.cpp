// A walk along PATH.
#include "support/database/programs.hpp"

#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace nanomdm::test {

std::string find_program(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::istringstream directories{std::string{path != nullptr ? path : ""} +
                                   ":/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"};
    for (std::string directory; std::getline(directories, directory, ':');) {
        const std::string candidate = directory + "/" + name;
        if (!directory.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    throw std::runtime_error{name + " is not installed"};
}

} // namespace nanomdm::test
