// A data directory as mariadb-install-db leaves it, made once per build and copied for each server.
#pragma once

#include <filesystem>

namespace nanomdm::test {

/// What the template's SQL created besides root, who needs no password on the Unix socket.
inline constexpr const char* plain_user = "nanomdm"; ///< no rights until some are granted
inline constexpr const char* plain_password = "secret";

/// Copies the template to `target`, which does not exist yet. Programs running side by side may call it.
/// @throws std::runtime_error with the messages of mariadb-install-db.
void make_data_directory(const std::filesystem::path& target);

} // namespace nanomdm::test
