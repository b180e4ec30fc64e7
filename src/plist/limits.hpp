// How much of a property list is taken before libplist is asked to build a tree of it. The bounds are what
// keeps 16 MiB of hostile input under 200 ms; tests/bench/plist measures them.
#pragma once

#include "nanomdm/error.hpp"

#include <cstddef>
#include <cstdint>

namespace nanomdm::plist {

/// Bodies are bounded by the HTTP layer already; libplist counts in 32 bits.
constexpr std::size_t max_bytes = 64 * 1024 * 1024;

/// Dicts and arrays inside each other, the root counted. libplist frees a tree recursively.
constexpr std::size_t max_depth = 64;

/// How many bytes of strings and data a tree made from `size` bytes may hold: a binary list can name one
/// object many times, and libplist copies it each time.
constexpr std::uint64_t max_expanded_bytes(std::uint64_t size) { return 2 * size + 1024 * 1024; }

/// What libplist may spend on one list beyond what is linear in its bytes, and on what: nanoseconds of a
/// busy core, measured.
constexpr std::uint64_t max_work = 125'000'000;
/// A key or value: up to three allocations.
constexpr std::uint64_t value_work = 250;
/// Keys can be chosen so that every lookup walks all keys before it, and adding one is a lookup.
constexpr std::uint64_t squared_key_work = 5;
/// The rest of a string is moved at each entity: one unit per this many bytes times entities.
constexpr std::uint64_t entity_bytes_per_work = 40;

/// Keys and values in one tree.
constexpr std::size_t max_nodes = max_work / value_work;

/// The account of one list.
class Work {
public:
    void on_value() { spend(value_work); }
    void on_keys(std::uint64_t count) { spend(squared_key_work * count * count); }
    void on_entities(std::uint64_t count, std::uint64_t bytes) {
        spend(count * bytes / entity_bytes_per_work);
    }

private:
    void spend(std::uint64_t amount) {
        if (amount > left_) throw Error{Errc::invalid, "property list has too many values, keys or entities"};
        left_ -= amount;
    }

    std::uint64_t left_ = max_work;
};

} // namespace nanomdm::plist
