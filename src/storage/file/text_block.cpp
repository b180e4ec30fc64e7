// Blocks, sealed texts and times in the readable files.
#include "storage/file/text_block.hpp"

#include "storage/file/crc32c.hpp"
#include "storage/file/names.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace nanomdm::storage::file {
namespace {

constexpr std::string_view crc_key = "crc32c=";
constexpr Timestamp second = 1'000'000'000;

std::string crc_text(std::uint32_t crc) {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", crc);
    return text;
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base = 10) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Up to the next space, which is taken too.
std::string_view word(std::string_view& line) {
    const auto space = line.find(' ');
    const auto first = line.substr(0, space);
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
    return first;
}

} // namespace

std::string time_text(Timestamp at) {
    if (at == 0) return "-";
    Timestamp seconds = at / second;
    Timestamp rest = at % second;
    if (rest < 0) {
        rest += second;
        --seconds;
    }
    const auto clock = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::gmtime_r(&clock, &parts);
    char text[64];
    const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text + length, sizeof text - length, ".%09lldZ", static_cast<long long>(rest));
    return text;
}

Timestamp time_from_text(std::string_view text) {
    if (text == "-") return 0;
    std::tm parts{};
    long long rest = 0;
    const std::string terminated{text};
    if (std::sscanf(terminated.c_str(), "%d-%d-%dT%d:%d:%d.%9lldZ", &parts.tm_year, &parts.tm_mon,
                    &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &rest) != 7)
        throw Error{Errc::corrupt, "bad time: " + terminated};
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return ::timegm(&parts) * second + rest;
}

TextBlock& TextBlock::set(std::string_view key, std::string_view value) {
    fields_.emplace_back(key, value);
    return *this;
}

const std::string* TextBlock::find(std::string_view key) const noexcept {
    const auto found = std::ranges::find_if(fields_, [key](const auto& field) { return field.first == key; });
    return found == fields_.end() ? nullptr : &found->second;
}

const std::string& TextBlock::text(std::string_view key) const {
    const std::string* found = find(key);
    if (found == nullptr) throw Error{Errc::corrupt, kind_ + " block lacks " + std::string{key}};
    return *found;
}

std::uint64_t TextBlock::number(std::string_view key) const {
    const auto parsed = parse_number(text(key));
    if (!parsed) throw Error{Errc::corrupt, kind_ + " block has a bad " + std::string{key}};
    return *parsed;
}

std::string TextBlock::encoded(std::string_view payload) const {
    std::string block = "#" + kind_;
    for (const auto& [key, value] : fields_) block += " " + key + "=" + line_value(value);
    block += " bytes=" + std::to_string(payload.size()) + " ";
    const auto crc = crc32c(payload, crc32c(block));
    block.append(crc_key).append(crc_text(crc)).append("\n");
    block.append(payload).append("\n");
    return block;
}

std::optional<TextBlock> TextBlocks::next() {
    const auto rest = file_.substr(end_);
    const auto line_end = rest.find('\n');
    if (line_end == std::string_view::npos || rest.front() != '#') return std::nullopt;
    const auto header = rest.substr(0, line_end);
    const auto crc_at = header.rfind(crc_key);
    if (crc_at == std::string_view::npos) return std::nullopt;
    const auto crc = parse_number(header.substr(crc_at + crc_key.size()), 16);

    std::string_view words = header.substr(1, crc_at - 1);
    TextBlock block{std::string{word(words)}};
    try {
        while (!words.empty()) {
            const auto field = word(words);
            const auto equals = field.find('=');
            if (equals == std::string_view::npos) return std::nullopt;
            block.set(field.substr(0, equals), from_line_value(field.substr(equals + 1)));
        }
        const auto size = block.number("bytes");
        const auto start = line_end + 1;
        if (size >= rest.size() - start || rest[start + size] != '\n') return std::nullopt;
        block.payload_ = rest.substr(start, size);
        if (!crc || crc32c(block.payload_, crc32c(rest.substr(0, crc_at))) != *crc) return std::nullopt;
        end_ += start + size + 1;
    } catch (const Error&) {
        return std::nullopt; // damaged beyond parsing
    }
    return block;
}

bool TextBlocks::skip_damage() {
    for (auto at = file_.find("\n#", end_); at != std::string_view::npos; at = file_.find("\n#", at + 1)) {
        TextBlocks behind{file_.substr(at + 1)};
        if (!behind.next()) continue;
        end_ = at + 1;
        return true;
    }
    return false;
}

std::string sealed(std::string text) {
    const auto crc = crc32c(text);
    text.append(crc_key).append(crc_text(crc)).append("\n");
    return text;
}

std::optional<std::string_view> unsealed(std::string_view text) {
    constexpr std::size_t seal = crc_key.size() + 9;
    if (text.size() < seal) return std::nullopt;
    const auto body = text.substr(0, text.size() - seal);
    const auto line = text.substr(body.size());
    if (!line.starts_with(crc_key) || line.back() != '\n') return std::nullopt;
    if (line.substr(crc_key.size(), 8) != crc_text(crc32c(body))) return std::nullopt;
    return body;
}

} // namespace nanomdm::storage::file
