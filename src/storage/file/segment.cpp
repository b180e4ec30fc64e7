// Framing and scanning of journal segments.
#include "storage/file/segment.hpp"

#include "storage/file/crc32c.hpp"

#include <charconv>
#include <cstdio>

namespace nanomdm::storage::file {
namespace {

constexpr std::string_view extension = ".journal";
constexpr std::size_t digits = 16;
constexpr std::string_view spare_prefix = "spare-";

/// The record that starts at `offset`, when frame and record are intact.
std::optional<Frame> intact(std::string_view bytes, std::uint64_t offset) {
    const auto frame = Frame::decoded(bytes.substr(offset));
    if (!frame || frame->padded_size() > bytes.size() - offset) return std::nullopt;
    if (crc32c(bytes.substr(offset + Frame::bytes, frame->size)) != frame->record_crc) return std::nullopt;
    return frame;
}

} // namespace

void Frame::append_to(std::string& buffer) const {
    ByteWriter rest;
    rest.reserve(bytes);
    rest(std::uint32_t{0}, size, lsn, place_in_group, record_crc);
    std::string encoded = std::move(rest).take();
    const std::uint32_t crc = crc32c(std::string_view{encoded}.substr(4));
    for (int i = 0; i < 4; ++i) encoded[static_cast<std::size_t>(i)] = static_cast<char>(crc >> (8 * i));
    buffer += encoded;
}

std::optional<Frame> Frame::decoded(std::string_view encoded) {
    if (encoded.size() < bytes) return std::nullopt;
    ByteReader reader{encoded.substr(0, bytes)};
    const auto crc = reader.next<std::uint32_t>();
    Frame frame;
    reader(frame.size, frame.lsn, frame.place_in_group, frame.record_crc);
    if (frame.size == 0) return std::nullopt; // what a fresh segment is filled with; no record is empty
    if (crc != crc32c(encoded.substr(4, bytes - 4))) return std::nullopt;
    return frame;
}

ScannedSegment scan_segment(std::string_view bytes, Lsn first,
                            const std::function<void(Lsn, std::string_view record)>& each) {
    ScannedSegment scanned{.end = 0, .next = first};
    while (scanned.end < bytes.size()) {
        const auto frame = intact(bytes, scanned.end);
        if (!frame || frame->lsn != scanned.next) break;
        each(frame->lsn, bytes.substr(scanned.end + Frame::bytes, frame->size));
        scanned.end += frame->padded_size();
        ++scanned.next;
    }
    return scanned;
}

std::optional<std::uint64_t> later_group(std::string_view bytes, const ScannedSegment& scanned) {
    for (std::uint64_t offset = scanned.end; offset + Frame::bytes <= bytes.size(); offset += 8) {
        // The cheap test first: almost everything here is zeros or a recycled segment's old records.
        const auto frame = Frame::decoded(bytes.substr(offset, Frame::bytes));
        if (frame && frame->group() > scanned.next && intact(bytes, offset)) return offset;
    }
    return std::nullopt;
}

std::string segment_name(Lsn first) {
    char name[digits + 1];
    std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(first));
    return std::string{name} + std::string{extension};
}

std::optional<Lsn> segment_first(std::string_view name) {
    if (name.size() != digits + extension.size() || !name.ends_with(extension)) return std::nullopt;
    Lsn first = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + digits, first, 16);
    if (error != std::errc{} || end != name.data() + digits) return std::nullopt;
    return first;
}

std::string spare_name(unsigned number) { return std::string{spare_prefix} + std::to_string(number); }

std::optional<unsigned> spare_number(std::string_view name) {
    if (!name.starts_with(spare_prefix)) return std::nullopt;
    name.remove_prefix(spare_prefix.size());
    unsigned number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    return number;
}

} // namespace nanomdm::storage::file
