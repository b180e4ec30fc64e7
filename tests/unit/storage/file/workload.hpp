// Operations in a fixed order, and what a store shows after some of them.
#pragma once

#include "nanomdm/storage/storage.hpp"

#include <functional>
#include <string>
#include <vector>

namespace nanomdm::storage::file {

/// One call on a storage, or one checkpoint of the file backend, which nothing may show of.
using Step = std::function<void(AllStorage&)>;

/// Whether workloads of other prefixes run beside. Alone, one can shed events, which are everybody's.
enum class Company { alone, others };

/// Every kind of operation on a few enrollments, with checkpoints in between. Steps act on their own
/// enrollments and commands only: workloads of different prefixes can run side by side.
[[nodiscard]] std::vector<Step> mixed_workload(const std::string& prefix, int rounds,
                                               Company company = Company::others);

/// All that the storage shows of what mixed_workload touched, but times. Empties the queues to see them.
[[nodiscard]] std::string observed(AllStorage& storage, const std::string& prefix, int rounds);

/// What the reference backend shows after the first `count` steps.
[[nodiscard]] std::string expected(const std::vector<Step>& steps, std::size_t count,
                                   const std::string& prefix, int rounds);

/// The first line in which two of these texts differ, cut to a readable length; empty when they are equal.
[[nodiscard]] std::string first_difference(const std::string& shown, const std::string& expected);

} // namespace nanomdm::storage::file
