// Random bytes from OpenSSL's generator, which seeds itself from the operating system.
#include "crypto/random.hpp"

#include "nanomdm/error.hpp"

#include <climits>
#include <openssl/rand.h>

namespace nanomdm {

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    if (count > static_cast<std::size_t>(INT_MAX) ||
        RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
        throw Error{Errc::internal, "no random bytes to be had"};
    return bytes;
}

} // namespace nanomdm
