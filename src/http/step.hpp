// What an operation that never blocks has come to.
#pragma once

#include <cstddef>

namespace nanomdm::http {

enum class Step {
    done,
    wait_read,  ///< again once the socket is readable
    wait_write, ///< again once it is writable
    over,       ///< the connection has ended or failed
};

/// `bytes` is more than 0 exactly when `step` is done.
struct Moved {
    std::size_t bytes = 0;
    Step step = Step::over;
};

} // namespace nanomdm::http
