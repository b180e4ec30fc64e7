// Makes binary property lists object by object, the impossible ones too.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::test {

class BinaryBuilder {
public:
    using Ref = std::uint64_t;

    explicit BinaryBuilder(std::size_t reference_size = 4) : reference_size_{reference_size} {}

    /// An object of exactly these bytes. @return its index.
    Ref raw(std::string bytes) {
        objects_.push_back(std::move(bytes));
        return objects_.size() - 1;
    }
    Ref ascii(std::string_view text) { return raw(marker(0x50, text.size()).append(text)); }
    Ref data(std::string_view bytes) { return raw(marker(0x40, bytes.size()).append(bytes)); }
    Ref boolean(bool value) { return raw(std::string(1, value ? '\x09' : '\x08')); }
    Ref integer(std::uint64_t value) { return raw("\x13" + big_endian(value, 8)); }
    Ref utf16(std::u16string_view text) {
        auto bytes = marker(0x60, text.size());
        for (const auto unit : text) bytes += big_endian(unit, 2);
        return raw(std::move(bytes));
    }
    Ref array(const std::vector<Ref>& items) {
        auto bytes = marker(0xA0, items.size());
        for (const auto item : items) bytes += big_endian(item, reference_size_);
        return raw(std::move(bytes));
    }
    Ref dict(const std::vector<std::pair<Ref, Ref>>& members) {
        auto bytes = marker(0xD0, members.size());
        for (const auto& [key, value] : members) bytes += big_endian(key, reference_size_);
        for (const auto& [key, value] : members) bytes += big_endian(value, reference_size_);
        return raw(std::move(bytes));
    }

    [[nodiscard]] std::string finish(Ref root, std::size_t offset_size = 4) const {
        std::string body = "bplist00";
        std::string offsets;
        for (const auto& object : objects_) {
            offsets += big_endian(body.size(), offset_size);
            body += object;
        }
        const auto table = body.size();
        body += offsets;
        return body + trailer(offset_size, reference_size_, objects_.size(), root, table);
    }

    static std::string trailer(std::uint64_t offset_size, std::uint64_t reference_size, std::uint64_t objects,
                               std::uint64_t root, std::uint64_t table) {
        return std::string(6, '\0') + big_endian(offset_size, 1) + big_endian(reference_size, 1) +
               big_endian(objects, 8) + big_endian(root, 8) + big_endian(table, 8);
    }

    static std::string big_endian(std::uint64_t value, std::size_t width) {
        std::string bytes(width, '\0');
        for (std::size_t i = width; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value & 0xFF);
        return bytes;
    }

    /// The marker of a counted object; `type` is its high half.
    static std::string marker(unsigned type, std::uint64_t count) {
        if (count < 15) return std::string(1, static_cast<char>(type | count));
        return std::string(1, static_cast<char>(type | 0xF)) + '\x13' + big_endian(count, 8);
    }

private:
    std::size_t reference_size_;
    std::vector<std::string> objects_;
};

} // namespace nanomdm::test
