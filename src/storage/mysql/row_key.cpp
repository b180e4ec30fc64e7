#include "storage/mysql/row_key.hpp"

#include <algorithm>
#include <utility>

namespace nanomdm::storage::mysql {
namespace {

constexpr char mark = '\x1f';

std::string without_last_space(std::string text) {
    if (text.ends_with(' ')) text.back() = mark;
    return text;
}

std::string with_last_space(std::string key) {
    if (key.ends_with(mark)) key.back() = ' ';
    return key;
}

std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; // not the continuation of one
    }));
}

template <class TextType> TextType text_of(std::string key) {
    try {
        return TextType{std::move(key)};
    } catch (const Error& error) {
        throw Error{Errc::corrupt, std::string{"in the database: "} + error.what()};
    }
}

} // namespace

RowKey::RowKey(const EnrollmentId& id) : text_{without_last_space(id.str())} {}

RowKey::RowKey(const Topic& topic) : text_{without_last_space(topic.str())} {}

RowKey::RowKey(const CommandUuid& uuid) : text_{uuid.str()} {
    if (!text_.ends_with(' ') && !text_.ends_with(mark)) return;
    text_ += mark;
    if (characters_of(text_) > CommandUuidTag::rule.max)
        throw Error{Errc::invalid, "CommandUUID is too long for one that ends in a space"};
}

EnrollmentId enrollment_id_of(std::string key) {
    return text_of<EnrollmentId>(with_last_space(std::move(key)));
}

Topic topic_of(std::string key) { return text_of<Topic>(with_last_space(std::move(key))); }

CommandUuid command_uuid_of(std::string key) {
    if (key.ends_with(mark)) key.pop_back();
    return text_of<CommandUuid>(std::move(key));
}

} // namespace nanomdm::storage::mysql
