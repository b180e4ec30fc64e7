// `-get-token TYPE=FILE`: tokens that an administrator puts into files.
#pragma once

#include "nanomdm/service/upstream.hpp"

#include <map>
#include <string>

namespace nanomdm::service {

/// Reads the file at each request, so that a token is renewed by replacing its file.
class TokenFiles final : public TokenSource {
public:
    /// @param files by TokenServiceType
    /// @param others asked for types that have no file; null: nobody
    explicit TokenFiles(std::map<std::string, std::string> files, TokenSource* others = nullptr) noexcept
        : files_{std::move(files)}, others_{others} {}

    /// @throws Error{Errc::unavailable} when the file cannot be read.
    std::optional<std::string> token(const Request& request, const GetToken& message) override;

private:
    const std::map<std::string, std::string> files_;
    TokenSource* const others_;
};

} // namespace nanomdm::service
