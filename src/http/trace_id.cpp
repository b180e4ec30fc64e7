// One 64-bit generator per thread, seeded from the operating system: no lock, no system call per request.
#include "http/trace_id.hpp"

#include <cstdint>
#include <random>

namespace nanomdm::http {
namespace {

std::uint64_t seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

} // namespace

std::string make_trace_id() {
    static constexpr char digits[] = "0123456789abcdef";
    thread_local std::mt19937_64 generator{seed()};
    std::uint64_t value = generator();
    std::string id(16, '0');
    for (auto digit = id.rbegin(); digit != id.rend(); ++digit, value >>= 4) *digit = digits[value & 15];
    return id;
}

} // namespace nanomdm::http
