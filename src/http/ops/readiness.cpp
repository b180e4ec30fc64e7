#include "http/ops/readiness.hpp"

#include <utility>

namespace nanomdm::http {

void Readiness::serve(Check check) {
    const std::lock_guard lock{mutex_};
    check_ = std::move(check);
    phase_.clear();
}

void Readiness::drain() {
    const std::lock_guard lock{mutex_};
    check_ = nullptr;
    phase_ = "shutting down";
}

std::optional<std::string> Readiness::obstacle() const {
    const std::lock_guard lock{mutex_};
    if (!phase_.empty()) return phase_;
    return check_();
}

} // namespace nanomdm::http
