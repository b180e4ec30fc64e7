// A small database with everything in it that a Bolt file can have, and what a reader says of it.
#pragma once

#include "migrate/bolt/database.hpp"
#include "support/bolt/bolt_writer.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace nanomdm::test {

/// Paths of keys, "bucket/bucket/key", with their values; of a bucket: the path, and "a bucket".
using Contents = std::map<std::string, std::string>;

/// Writes an empty bucket, a small one, one of many pages, values longer than a page, buckets in buckets.
Contents write_sample(const std::filesystem::path& path, const BoltShape& shape = {});

/// All of it, by iterating; and what is found so is also found by looking for it.
/// @throws nanomdm::Error, and std::logic_error when the two differ.
[[nodiscard]] Contents read_all(const migrate::bolt::Database& database);

} // namespace nanomdm::test
