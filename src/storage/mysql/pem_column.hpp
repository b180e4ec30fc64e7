// PEM in NanoMDM's columns, which take only text that begins with a PEM block.
#pragma once

#include <string>
#include <string_view>

namespace nanomdm::storage::mysql {

/// What the CHECKs of identity_cert and cert_pem, and that of key_pem, ask for.
inline constexpr std::string_view certificate_beginning = "-----BEGIN CERTIFICATE-----";
inline constexpr std::string_view key_beginning = "-----";

/// Text that begins otherwise, as PEM with remarks in front does, gets an empty block before it.
[[nodiscard]] std::string to_pem_column(std::string_view text, std::string_view beginning);
/// The text as it was given.
[[nodiscard]] std::string from_pem_column(std::string column);

} // namespace nanomdm::storage::mysql
