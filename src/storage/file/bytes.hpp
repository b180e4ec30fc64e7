// The binary encoding of journal records and the index snapshot: little-endian integers, and strings
// with their length in front.
#pragma once

#include "nanomdm/error.hpp"

#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::storage::file {

/// A message or command body, shared between the record, the index and whoever serves it.
using Bytes = std::shared_ptr<const std::string>;

[[nodiscard]] inline Bytes shared_bytes(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

/// How long what a ByteWriter would write is.
class ByteCounter {
public:
    template <class... Fields> void operator()(const Fields&... fields) { ((size_ += size(fields)), ...); }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    template <std::integral Integer> static std::size_t size(Integer) noexcept { return sizeof(Integer); }
    static std::size_t size(const std::string& text) noexcept { return sizeof(std::uint32_t) + text.size(); }
    static std::size_t size(const Bytes& text) noexcept { return sizeof(bool) + (text ? size(*text) : 0); }
    template <class Element> static std::size_t size(const std::vector<Element>& list) noexcept {
        std::size_t sum = sizeof(std::uint32_t);
        for (const auto& element : list) sum += size(element);
        return sum;
    }
    template <class First, class Second>
    static std::size_t size(const std::pair<First, Second>& pair) noexcept {
        return size(pair.first) + size(pair.second);
    }

    std::size_t size_ = 0;
};

class ByteWriter {
public:
    template <class... Fields> void operator()(const Fields&... fields) { (put(fields), ...); }

    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::string take() && noexcept { return std::move(bytes_); }
    void reserve(std::size_t size) { bytes_.reserve(size); }
    void clear() noexcept { bytes_.clear(); }

private:
    template <std::integral Integer> void put(Integer value) {
        char encoded[sizeof value];
        auto rest = static_cast<std::uint64_t>(value);
        for (char& byte : encoded) {
            byte = static_cast<char>(rest & 0xFF);
            rest >>= 8;
        }
        bytes_.append(encoded, sizeof encoded);
    }
    void put(const std::string& text) {
        put(static_cast<std::uint32_t>(text.size()));
        bytes_ += text;
    }
    void put(const Bytes& text) {
        put(text != nullptr);
        if (text) put(*text);
    }
    template <class Element> void put(const std::vector<Element>& list) {
        put(static_cast<std::uint32_t>(list.size()));
        for (const auto& element : list) put(element);
    }
    template <class First, class Second> void put(const std::pair<First, Second>& pair) {
        put(pair.first);
        put(pair.second);
    }

    std::string bytes_;
};

/// Throws Error{Errc::corrupt} when the bytes end too soon.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) noexcept : rest_{bytes} {}

    template <class... Fields> void operator()(Fields&... fields) { (get(fields), ...); }
    template <class Field> [[nodiscard]] Field next() {
        Field field{};
        get(field);
        return field;
    }

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

private:
    std::string_view take(std::size_t size) {
        if (rest_.size() < size) throw Error{Errc::corrupt, "encoded record is too short"};
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    template <std::integral Integer> void get(Integer& value) {
        const auto encoded = take(sizeof value);
        std::uint64_t whole = 0;
        for (std::size_t i = sizeof value; i-- > 0;)
            whole = whole << 8 | static_cast<unsigned char>(encoded[i]);
        value = static_cast<Integer>(whole);
    }
    void get(std::string& text) { text = take(next<std::uint32_t>()); }
    void get(Bytes& text) {
        text.reset();
        if (next<bool>()) text = shared_bytes(next<std::string>());
    }
    template <class Element> void get(std::vector<Element>& list) {
        const auto count = next<std::uint32_t>();
        if (count > rest_.size()) throw Error{Errc::corrupt, "encoded list is too long"};
        list.clear();
        list.reserve(count);
        for (std::uint32_t i = 0; i < count; ++i) list.push_back(next<Element>());
    }
    template <class First, class Second> void get(std::pair<First, Second>& pair) {
        get(pair.first);
        get(pair.second);
    }

    std::string_view rest_;
};

} // namespace nanomdm::storage::file
