// The error queue of OpenSSL belongs to the thread; nothing may be left in it by a request.
#include "crypto/openssl.hpp"

#include <openssl/err.h>

namespace nanomdm::crypto {

void free_certificates(STACK_OF(X509) * certificates) { sk_X509_pop_free(certificates, X509_free); }

std::string last_error() {
    const auto code = ERR_peek_error(); // the first is the cause, the later ones its echo
    ERR_clear_error();
    if (code == 0) return "no reason given";
    const char* const reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "OpenSSL error " + std::to_string(ERR_GET_REASON(code));
}

void forget_errors() noexcept { ERR_clear_error(); }

} // namespace nanomdm::crypto
