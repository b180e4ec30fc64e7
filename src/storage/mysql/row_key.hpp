// The text by which a row is found: exactly the ID, UUID or topic, in columns to which 'a' and 'a ' are one.
#pragma once

#include "nanomdm/mdm/command.hpp"
#include "nanomdm/mdm/enrollment.hpp"
#include "nanomdm/mdm/push_info.hpp"
#include "storage/mysql/session.hpp"

#include <string>
#include <string_view>

namespace nanomdm::storage::mysql {

/// What an ID is called in the database: itself, unless it ends in a space. Collations that pad (utf8mb4_bin
/// does) do not tell such an ID from the one without the space, so it is stored with another ending, by the
/// control character U+001F:
/// - of enrollment IDs and topics, which have no control characters, it replaces the last space;
/// - to command UUIDs, which may have any, it is added, also to those that end in U+001F themselves.
/// Two different IDs never get the same key. Must outlive the statement it is a parameter of.
class RowKey {
public:
    explicit RowKey(const EnrollmentId& id);
    explicit RowKey(const Topic& topic);
    /// @throws Error{Errc::invalid} when it has no room for another character: 127 that end in a space.
    explicit RowKey(const CommandUuid& uuid);

    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    // NOLINTNEXTLINE(google-explicit-constructor): a key is made to be a parameter
    operator Parameter() const noexcept { return std::string_view{text_}; }

    friend bool operator==(const RowKey&, const RowKey&) = default;
    /// As bytes, nearly as the index has them.
    friend auto operator<=>(const RowKey&, const RowKey&) = default;

private:
    std::string text_;
};

/// Back from what a row has.
/// @throws Error{Errc::corrupt} for what was never the key of such a text.
[[nodiscard]] EnrollmentId enrollment_id_of(std::string key);
[[nodiscard]] Topic topic_of(std::string key);
[[nodiscard]] CommandUuid command_uuid_of(std::string key);

} // namespace nanomdm::storage::mysql
