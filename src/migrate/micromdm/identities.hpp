// The certificates that MicroMDM's built-in SCEP has issued, by their hash.
#pragma once

#include "migrate/bolt/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::migrate::micromdm {

/// 24 bytes of memory a certificate.
class Identities {
public:
    /// @param certificates bucket scep_certificates; nullopt: there is none
    explicit Identities(const std::optional<bolt::Bucket>& certificates);

    /// @param hash SHA-256 of the certificate, 32 bytes
    [[nodiscard]] std::optional<std::string> pem(std::string_view hash) const;

private:
    struct Entry {
        std::uint64_t start_of_hash;
        std::string_view der;
    };
    const std::optional<bolt::Bucket> certificates_;
    std::vector<Entry> by_hash_;
};

} // namespace nanomdm::migrate::micromdm
