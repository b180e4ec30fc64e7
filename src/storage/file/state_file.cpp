// Lines `key=value`; keys that may repeat (body, certificate, pending) hold several words.
#include "storage/file/state_file.hpp"

#include "encoding/hex.hpp"
#include "storage/file/names.hpp"
#include "storage/file/text_block.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace nanomdm::storage::file {
namespace {

constexpr std::string_view heading = "nanomdm enrollment 1";

class Lines {
public:
    void add(std::string_view key, std::string_view value) {
        text_.append(key).append(1, '=').append(value).append(1, '\n');
    }
    /// Left out when empty.
    void add_text(std::string_view key, std::string_view value) {
        if (!value.empty()) add(key, line_value(value));
    }
    void add_flag(std::string_view key, bool value) { add(key, value ? "yes" : "no"); }

    std::string text_{std::string{heading} + "\n"};
};

std::uint64_t number(std::string_view text, int base = 10) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size())
        throw Error{Errc::corrupt, "state file has a bad number: " + std::string{text}};
    return value;
}

std::string_view word(std::string_view& words) {
    const auto space = words.find(' ');
    const auto first = words.substr(0, space);
    words.remove_prefix(space == std::string_view::npos ? words.size() : space + 1);
    return first;
}

void read_body(EnrollmentEntry& entry, std::string_view words) {
    const auto name = word(words);
    const auto known = std::ranges::find(body_file_names, name);
    if (known == body_file_names.end())
        throw Error{Errc::corrupt, "state file names an unknown file: " + std::string{name}};
    BodyMark& mark = entry.bodies[static_cast<std::size_t>(known - body_file_names.begin())];
    mark.is_there = true;
    mark.size = static_cast<std::uint32_t>(number(word(words)));
    mark.crc = static_cast<std::uint32_t>(number(word(words), 16));
}

void read_pending(EnrollmentEntry& entry, std::string_view words, Index& index) {
    auto& command = index.find_or_add_command(from_line_value(word(words)));
    const auto tally = static_cast<std::uint32_t>(number(word(words)));
    index.add_pending(entry, command, tally, time_from_text(word(words)));
}

void read_line(EnrollmentEntry& entry, std::string_view key, std::string_view value, Index& index) {
    const auto flag = [value] { return value == "yes"; };
    if (key == "type") {
        const auto type = enrollment_type(from_line_value(value));
        if (!type) throw Error{Errc::corrupt, "state file has an unknown type"};
        entry.type = *type;
    } else if (key == "parent") {
        index.set_parent(entry, from_line_value(value));
    } else if (key == "lsn") {
        entry.lsn = number(value);
    } else if (key == "known") {
        entry.is_known = flag();
    } else if (key == "completed") {
        entry.is_completed = flag();
    } else if (key == "enabled") {
        entry.is_enabled = flag();
    } else if (key == "pushable") {
        entry.is_pushable = flag();
    } else if (key == "token_update_tally") {
        entry.tally = static_cast<std::uint32_t>(number(value));
    } else if (key == "token_updated_at") {
        entry.token_updated = time_from_text(value);
    } else if (key == "topic") {
        entry.topic = index.shared_topic(from_line_value(value));
    } else if (key == "push_magic") {
        entry.push_magic = from_line_value(value);
    } else if (key == "push_token") {
        entry.push_token = from_hex(value);
    } else if (key == "serial_number") {
        entry.serial_number = from_line_value(value);
    } else if (key == "user_short_name") {
        entry.short_name = from_line_value(value);
    } else if (key == "user_long_name") {
        entry.long_name = from_line_value(value);
    } else if (key == "body") {
        read_body(entry, value);
    } else if (key == "certificate") {
        index.add_certificate(entry, certificate_hash(from_hex(value)));
    } else if (key == "pending") {
        read_pending(entry, value, index);
    } else {
        throw Error{Errc::corrupt, "state file has an unknown line: " + std::string{key}};
    }
}

} // namespace

std::string state_text(const EnrollmentEntry& entry) {
    Lines lines;
    lines.add("id", line_value(entry.id));
    lines.add("type", line_value(to_string(entry.type)));
    if (entry.device != nullptr) lines.add_text("parent", entry.device->id);
    lines.add("lsn", std::to_string(entry.lsn));
    lines.add_flag("known", entry.is_known);
    lines.add_flag("completed", entry.is_completed);
    lines.add_flag("enabled", entry.is_enabled);
    lines.add_flag("pushable", entry.is_pushable);
    lines.add("token_update_tally", std::to_string(entry.tally));
    lines.add("token_updated_at", time_text(entry.token_updated));
    if (entry.topic != nullptr) lines.add_text("topic", *entry.topic);
    lines.add_text("push_magic", entry.push_magic);
    if (!entry.push_token.empty()) lines.add("push_token", to_hex(entry.push_token));
    lines.add_text("serial_number", entry.serial_number);
    lines.add_text("user_short_name", entry.short_name);
    lines.add_text("user_long_name", entry.long_name);
    for (std::size_t i = 0; i < body_count; ++i) {
        const BodyMark& mark = entry.bodies[i];
        if (!mark.is_there) continue;
        char numbers[32];
        std::snprintf(numbers, sizeof numbers, " %u %08x", mark.size, mark.crc);
        lines.add("body", std::string{body_file_names[i]} + numbers);
    }
    for (const auto& hash : entry.certificates)
        lines.add("certificate", to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()}));
    for (const auto& pending : entry.queue)
        lines.add("pending", line_value(pending.command->uuid) + " " + std::to_string(pending.not_now_tally) +
                                 " " + time_text(pending.first_not_now));
    return sealed(std::move(lines.text_));
}

EnrollmentEntry& read_state(std::string_view text, Index& index) {
    auto body = unsealed(text);
    if (!body || !body->starts_with(heading)) throw Error{Errc::corrupt, "state file fails its checksum"};
    EnrollmentEntry* entry = nullptr;
    std::string_view rest = body->substr(heading.size() + 1);
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) throw Error{Errc::corrupt, "state file has a bad line"};
        const auto key = line.substr(0, equals);
        const auto value = line.substr(equals + 1);
        if (key == "id")
            entry = &index.find_or_add(from_line_value(value));
        else if (entry == nullptr)
            throw Error{Errc::corrupt, "state file does not begin with an id"};
        else
            read_line(*entry, key, value, index);
    }
    if (entry == nullptr) throw Error{Errc::corrupt, "state file is empty"};
    return *entry;
}

} // namespace nanomdm::storage::file
