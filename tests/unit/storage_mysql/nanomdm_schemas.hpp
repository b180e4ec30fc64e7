// Databases as NanoMDM made them, at each of its schemas: its tables with the columns, indexes and keys that
// each had, and some of the rows it wrote.
#pragma once

#include <string>

namespace nanomdm::storage::mysql::test {

constexpr int oldest_nanomdm_schema = 0; ///< before its first numbered step
constexpr int newest_nanomdm_schema = 11;

/// CREATE TABLE statements of the schema after step `version`, in the database's own character set.
/// What the steps changed is known; of 2 to 4, and of 6 to 8, the order is assumed.
[[nodiscard]] std::string nanomdm_tables(int version);

/// Two devices with their channels and a user on the first, certificates (one of them used by both devices),
/// and queues whose rows were finished, deferred, pending and cleared within a second. What a version has no
/// column for is left out.
[[nodiscard]] std::string nanomdm_rows(int version);

} // namespace nanomdm::storage::mysql::test
