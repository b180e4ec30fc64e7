// Answers to check-in messages that have a body: XML property lists of one member.
#pragma once

#include <string>
#include <string_view>

namespace nanomdm {

/// The answer to GetBootstrapToken. Apple: GetBootstrapTokenResponse.
/// @param token raw bytes.
[[nodiscard]] std::string encode_bootstrap_token(std::string_view token);

/// The answer to GetToken. Apple: GetTokenResponse.
/// @param data raw bytes of `TokenData`.
[[nodiscard]] std::string encode_token_data(std::string_view data);

/// The answer to the first UserAuthenticate. Apple: UserAuthenticateResponse.
/// @param challenge UTF-8; empty: let the user in without a password (zero-length digest challenge).
[[nodiscard]] std::string encode_digest_challenge(std::string_view challenge);

} // namespace nanomdm
