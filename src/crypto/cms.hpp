// Any CMS signature, by OpenSSL: slow and complete. Internal to crypto/.
#pragma once

#include "crypto/openssl.hpp"

#include <string_view>

namespace nanomdm::crypto {

/// A CMS SignedData with exactly one signer. In two steps, so that a stranger's key, which may have been
/// made to be slow, is never computed with.
class CmsSignature {
public:
    /// @throws Error{Errc::invalid} saying what is wrong.
    explicit CmsSignature(std::string_view cms);

    /// The certificate that came along and that the signer names; never null, trusted by nothing here.
    [[nodiscard]] X509* signer() const noexcept { return certificate_; }

    /// @throws Error{Errc::invalid} unless signer() signed `body`.
    void verify(std::string_view body) const;

private:
    CmsPtr message_;
    X509* certificate_ = nullptr; ///< owned by the message
};

} // namespace nanomdm::crypto
