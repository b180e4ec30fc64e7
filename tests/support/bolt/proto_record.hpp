// Protocol buffers for tests, field by field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nanomdm::test {

/// What is empty or zero stays away, as with proto3; add_always() puts it all the same.
class ProtoRecord {
public:
    ProtoRecord& add(std::uint32_t number, std::string_view bytes) {
        return bytes.empty() ? *this : add_always(number, bytes);
    }
    ProtoRecord& add(std::uint32_t number, std::int64_t value) {
        return value == 0 ? *this : add_always(number, value);
    }
    ProtoRecord& add_always(std::uint32_t number, std::string_view bytes) {
        varint(std::uint64_t{number} << 3 | 2);
        varint(bytes.size());
        record_ += bytes;
        return *this;
    }
    ProtoRecord& add_always(std::uint32_t number, std::int64_t value) {
        varint(std::uint64_t{number} << 3);
        varint(static_cast<std::uint64_t>(value));
        return *this;
    }
    [[nodiscard]] const std::string& str() const noexcept { return record_; }

private:
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) record_ += static_cast<char>((value & 0x7F) | 0x80);
        record_ += static_cast<char>(value);
    }

    std::string record_;
};

} // namespace nanomdm::test
