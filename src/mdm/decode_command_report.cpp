// Command reports, and the look at MessageType: both read top-level members only, without libplist.
#include "mdm/decode.hpp"

#include "nanomdm/error.hpp"
#include "plist/guard.hpp"
#include "plist/top_level.hpp"

#include <array>
#include <optional>
#include <utility>

namespace nanomdm {
namespace {

/// How far peek_message_type looks: MessageType comes after `Data`, which holds a status report.
constexpr std::size_t peek_bytes = 256 * 1024;

/// The members a report is read for.
enum Wanted : std::size_t {
    command_uuid,
    enrollment_id,
    enrollment_user_id,
    status,
    udid,
    user_id,
    user_long_name,
    user_short_name,
    wanted_count,
};
constexpr std::array<std::string_view, wanted_count> names{
    "CommandUUID", "EnrollmentID", "EnrollmentUserID", "Status",
    "UDID",        "UserID",       "UserLongName",     "UserShortName",
};

/// Finds the wanted members, the last of each name, and makes strings of those that are asked for.
class Members {
public:
    explicit Members(std::string_view body) {
        plist::TopLevel members{body};
        while (auto member = members.next()) {
            for (std::size_t i = 0; i < wanted_count; ++i) {
                if (names[i] == member->key) found_[i] = std::move(*member);
            }
        }
    }

    [[nodiscard]] bool has(Wanted member) const noexcept { return found_[member].has_value(); }

    /// Empty where absent. @throws Error when it is there and is no readable string: to pass over an
    /// unreadable UserID would make a user's report its device's.
    [[nodiscard]] std::string required(Wanted member) const {
        if (!has(member)) return {};
        auto text = found_[member]->string();
        if (!text) throw Error{Errc::invalid, std::string{names[member]} + " is no readable string"};
        return std::move(*text);
    }

    /// Empty where absent or unreadable.
    [[nodiscard]] std::string optional(Wanted member) const {
        if (!has(member)) return {};
        return found_[member]->string().value_or(std::string{});
    }

private:
    std::array<std::optional<plist::Member>, wanted_count> found_;
};

/// A binary list cannot be cut: its tables are at its end, and only its root is looked at anyway.
std::string_view look_at(std::string_view body) noexcept {
    return plist::format_of(body) == plist::Format::binary ? body : body.substr(0, peek_bytes);
}

std::optional<CommandUuid> uuid_of(const Members& members) {
    auto text = members.optional(command_uuid);
    if (text.empty()) return std::nullopt;
    return CommandUuid{std::move(text)};
}

} // namespace

CommandReport decode_command_report(std::string body) {
    const Members members{body};
    if (!members.has(status)) throw Error{Errc::invalid, "command report without Status"};
    Identifiers ids{
        .udid = members.required(udid),
        .user_id = members.required(user_id),
        .user_short_name = members.required(user_short_name),
        .user_long_name = members.optional(user_long_name),
        .enrollment_id = members.required(enrollment_id),
        .enrollment_user_id = members.required(enrollment_user_id),
    };
    auto enrollment = resolve(ids);
    ReportStatus report_status{members.required(status)};
    auto uuid = uuid_of(members);
    return {
        {std::move(ids), std::move(enrollment), std::move(body)}, std::move(report_status), std::move(uuid)};
}

std::string_view peek_message_type(std::string_view body) noexcept {
    try {
        plist::TopLevel members{look_at(body)};
        while (const auto member = members.next()) {
            if (member->key == "MessageType") return member->plain_string().value_or(std::string_view{});
        }
    } catch (...) { // no memory for a long key: not found
    }
    return {};
}

} // namespace nanomdm
