// How much of a property list is taken before libplist is asked to build a tree of it. Each bound is what
// keeps 16 MiB of hostile input under 200 ms; tests/bench/plist measures them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nanomdm::plist {

/// Bodies are bounded by the HTTP layer already; this one is libplist's 32-bit length and our worst case.
constexpr std::size_t max_bytes = 64 * 1024 * 1024;

/// Dicts and arrays inside each other, the root counted. libplist frees a tree recursively.
constexpr std::size_t max_depth = 64;

/// Keys and values in one tree. libplist spends up to 250 ns and three allocations on each.
constexpr std::size_t max_nodes = 500'000;

/// Keys of one dict, and the sum of the squares over all: keys can be chosen so that every lookup in
/// libplist's hash table walks all keys before it, and it does one lookup per key it adds.
constexpr std::uint64_t max_squared_keys = 4096ULL * 4096ULL;

/// Sum over all strings of entities times bytes: libplist moves the rest of the string at each entity.
constexpr std::uint64_t max_entity_work = 1'000'000'000;

/// How many bytes of strings and data a tree made from `size` bytes may hold: a binary list can name one
/// object many times, and libplist copies it each time.
constexpr std::uint64_t max_expanded_bytes(std::uint64_t size) { return 2 * size + 1024 * 1024; }

} // namespace nanomdm::plist
