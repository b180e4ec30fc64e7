#include "migrate/micromdm/identities.hpp"

#include "crypto/digest.hpp"
#include "crypto/pem.hpp"

#include <algorithm>
#include <cstring>

namespace nanomdm::migrate::micromdm {
namespace {

std::uint64_t start_of(std::string_view hash) {
    std::uint64_t start = 0;
    std::memcpy(&start, hash.data(), sizeof start);
    return start;
}

/// The CA's key and the last serial number lie between the certificates; nobody's hash is theirs.
constexpr std::string_view der_sequence = "\x30\x82";

} // namespace

Identities::Identities(const std::optional<bolt::Bucket>& certificates) : certificates_{certificates} {
    if (!certificates_) return;
    for (const auto& entry : *certificates_) {
        if (!entry.is_bucket && entry.key != "ca_key" && entry.value.starts_with(der_sequence))
            by_hash_.push_back({start_of(sha256(entry.value)), entry.value});
    }
    std::ranges::sort(by_hash_, {}, &Entry::start_of_hash);
}

std::optional<std::string> Identities::pem(std::string_view hash) const {
    const auto start = start_of(hash);
    for (auto found = std::ranges::lower_bound(by_hash_, start, {}, &Entry::start_of_hash);
         found != by_hash_.end() && found->start_of_hash == start; ++found) {
        const auto der = certificates_->again(found->der);
        if (sha256(der) == hash) return crypto::write_pem("CERTIFICATE", der);
    }
    return std::nullopt;
}

} // namespace nanomdm::migrate::micromdm
