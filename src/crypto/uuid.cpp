#include "crypto/uuid.hpp"

#include "crypto/random.hpp"
#include "encoding/hex.hpp"

namespace nanomdm {

std::string random_uuid() {
    auto bytes = random_bytes(16);
    const auto set = [&bytes](std::size_t at, unsigned keep, unsigned bits) {
        bytes[at] = static_cast<char>((static_cast<unsigned char>(bytes[at]) & keep) | bits);
    };
    set(6, 0x0F, 0x40); // version 4
    set(8, 0x3F, 0x80); // the variant of the RFC
    auto text = to_hex(bytes);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
    return text;
}

} // namespace nanomdm
