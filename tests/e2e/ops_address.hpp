// Where a server that was started with -admin-listen answers probes.
#pragma once

#include "e2e/scene.hpp"

#include <stdexcept>
#include <string>

namespace nanomdm::test {

/// "http://127.0.0.1:PORT", as the server logs it. @throws std::runtime_error when it does not.
inline std::string ops_url(ChildProcess& process) {
    const auto line = process.wait_for_error_line("answering probes", 20s);
    if (!line) throw std::runtime_error{"no address of -admin-listen in: " + process.standard_error()};
    return "http://" + line->substr(line->find("address=") + 8);
}

} // namespace nanomdm::test
