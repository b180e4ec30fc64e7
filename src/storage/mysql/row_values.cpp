#include "storage/mysql/row_values.hpp"

#include "storage/mysql/row_key.hpp"

#include <utility>

namespace nanomdm::storage::mysql {

EnrollmentType enrollment_type_of(std::string_view name) {
    if (const auto type = enrollment_type(name)) return *type;
    throw Error{Errc::corrupt, "in the database: no enrollment type is named " + std::string{name}};
}

PushInfo push_info_of(std::string topic, std::string magic, const std::string& token_hex) {
    try {
        return {topic_of(std::move(topic)), PushMagic{std::move(magic)}, PushToken::from_hex(token_hex)};
    } catch (const Error& error) {
        throw Error{Errc::corrupt, std::string{"push data in the database: "} + error.what()};
    }
}

TimePoint time_of(std::int64_t seconds) { return TimePoint{std::chrono::seconds{seconds}}; }

} // namespace nanomdm::storage::mysql
