// What happens when a mapped file is cut short while it is read.
#pragma once

#include <cstddef>

namespace nanomdm::migrate::bolt {

/// Reading a mapped file behind its end is a signal (SIGBUS), not an error that could be returned; unhandled,
/// the process dies without a word. From now on, for this range, it says on standard error what happened and
/// ends with status 1. Signals from elsewhere do what they did before. One mapping at a time is guarded, the
/// last one. @param name of the file; must outlive the mapping.
void guard_mapping(const char* start, std::size_t size, const char* name) noexcept;

/// Before the range is unmapped. Nothing happens when it is not the guarded one.
void forget_mapping(const char* start) noexcept;

} // namespace nanomdm::migrate::bolt
