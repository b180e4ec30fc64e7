// EVP_PKEY_verify with as little set-up per call as OpenSSL 3.0 allows.
#include "crypto/signature_key.hpp"

#include "crypto/cms_algorithm.hpp"
#include "nanomdm/error.hpp"

namespace nanomdm::crypto {
namespace {

/// Looking a digest up by name takes a lock and a microsecond: once per process is enough.
const EVP_MD* method(std::size_t digest) {
    static const auto methods = [] {
        std::array<EVP_MD*, cms_digests.size()> fetched{};
        for (std::size_t i = 0; i < fetched.size(); ++i)
            fetched[i] = EVP_MD_fetch(nullptr, cms_digests[i].name, nullptr);
        return fetched;
    }();
    const EVP_MD* const found = methods.at(digest);
    if (found == nullptr) throw Error{Errc::internal, std::string{"no digest "} + cms_digests[digest].name};
    return found;
}

} // namespace

SignatureKey::SignatureKey(KeyPtr key) noexcept
    : key_{std::move(key)}, is_rsa_{EVP_PKEY_is_a(key_.get(), "RSA") == 1}, is_ec_{EVP_PKEY_is_a(key_.get(),
                                                                                                 "EC") == 1} {
}

SignatureKey::~SignatureKey() { delete idle_.load(); }

std::unique_ptr<SignatureKey::Prepared> SignatureKey::prepare(std::size_t digest) const {
    auto prepared =
        std::make_unique<Prepared>(Prepared{KeyContextPtr{EVP_PKEY_CTX_new(key_.get(), nullptr)}, digest});
    if (!prepared->context || EVP_PKEY_verify_init(prepared->context.get()) != 1 ||
        EVP_PKEY_CTX_set_signature_md(prepared->context.get(), method(digest)) != 1)
        return nullptr;
    return prepared;
}

bool SignatureKey::verify(UsualSignedData::Scheme scheme, std::size_t digest, std::string_view hash,
                          std::string_view signature) const {
    if (!(scheme == UsualSignedData::Scheme::rsa ? is_rsa_ : is_ec_)) return false;
    std::unique_ptr<Prepared> prepared{idle_.exchange(nullptr)};
    if (!prepared || prepared->digest != digest) prepared = prepare(digest);
    const bool good = prepared && EVP_PKEY_verify(prepared->context.get(), data_of(signature),
                                                  signature.size(), data_of(hash), hash.size()) == 1;
    if (!good) forget_errors();
    if (prepared) delete idle_.exchange(prepared.release());
    return good;
}

Hasher::Hasher(std::size_t digest) {
    thread_local const DigestContextPtr context{allocated(EVP_MD_CTX_new())};
    context_ = context.get();
    if (EVP_DigestInit_ex2(context_, method(digest), nullptr) != 1)
        throw Error{Errc::internal, "cannot hash: " + last_error()};
}

Hasher& Hasher::update(std::string_view bytes) {
    if (EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1)
        throw Error{Errc::internal, "cannot hash: " + last_error()};
    return *this;
}

std::string_view Hasher::finish() {
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(hash_.data()), &size) != 1)
        throw Error{Errc::internal, "cannot hash: " + last_error()};
    return {hash_.data(), size};
}

} // namespace nanomdm::crypto
