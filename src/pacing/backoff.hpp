// Waiting times that double with every failure, with jitter, so that many clients do not return at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace nanomdm {

class Backoff {
public:
    struct Bounds {
        std::chrono::milliseconds first{200};
        std::chrono::milliseconds longest{30'000};
    };

    explicit Backoff(Bounds bounds) : bounds_{bounds}, random_{std::random_device{}()} {}

    /// @param failures in a row, from 1. @return between half of and the whole doubled time.
    [[nodiscard]] std::chrono::milliseconds after(unsigned failures) {
        const auto doublings = std::min(failures > 0 ? failures - 1 : 0U, 20U);
        const auto whole =
            std::min<std::int64_t>(bounds_.longest.count(), bounds_.first.count() << doublings);
        return std::chrono::milliseconds{
            std::uniform_int_distribution<std::int64_t>{whole / 2, whole}(random_)};
    }

private:
    Bounds bounds_;
    std::minstd_rand random_;
};

} // namespace nanomdm
