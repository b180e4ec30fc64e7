// Counting, grouping, and the text.
#include "migrate/import_report.hpp"

#include "encoding/utf8.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <string_view>

namespace nanomdm::migrate {
namespace {

constexpr std::size_t most_ids = 5;
constexpr std::size_t most_reasons = 100; ///< of a list; that many are a mistake of whoever gives reasons
constexpr std::size_t longest_text = 200;

struct KindNames {
    const char* one;
    const char* many;
    /// Which columns can have a number.
    bool is_enrollment;
    bool is_compared; ///< what was there before is told apart from what came
};

const KindNames& names(ImportKind kind) {
    static constexpr std::array<KindNames, 6> all{{
        {"device", "devices", true, true},
        {"user", "users", true, true},
        {"command", "commands", false, false},
        {"certificate association", "certificate associations", false, false},
        {"bootstrap token", "bootstrap tokens", false, false},
        {"push certificate", "push certificates", false, true},
    }};
    return all[static_cast<std::size_t>(kind)];
}

void append_escaped(std::string& text, std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        ((text += "\\x") += digits[byte >> 4]) += digits[byte & 15];
    }
}

/// What another server's store holds goes to a terminal: no control character, of either kind, and nothing
/// that is no UTF-8.
std::string printable(std::string_view text) {
    std::string clean;
    while (!text.empty() && clean.size() < longest_text) {
        const auto length = utf8_sequence_length(text);
        const auto one = text.substr(0, std::max<std::size_t>(1, length));
        const auto first = static_cast<unsigned char>(one.front());
        const bool is_control =
            first < 0x20 || first == 0x7f || (first == 0xc2 && static_cast<unsigned char>(one.back()) < 0xa0);
        if (length == 0 || is_control)
            append_escaped(clean, one);
        else
            clean += one;
        text.remove_prefix(one.size());
    }
    return text.empty() ? clean : clean + "…";
}

std::string counted(std::uint64_t number, ImportKind kind) {
    return std::to_string(number) + " " + (number == 1 ? names(kind).one : names(kind).many);
}

} // namespace

void ImportReport::expect(std::uint64_t enrollments) {
    const std::lock_guard lock{mutex_};
    expected_ = enrollments;
}

void ImportReport::count(ImportKind kind, ImportedAs as, std::uint64_t number) {
    const std::lock_guard lock{mutex_};
    rows_[static_cast<std::size_t>(kind)].done[static_cast<std::size_t>(as)] += number;
}

void ImportReport::skip(const Skipped& skipped) {
    log::write(skipped.is_failure ? log::Level::warning : log::Level::debug,
               skipped.is_failure ? "not brought over" : "skipped",
               {{"kind", names(skipped.kind).one}, {"id", skipped.id}, {"why", skipped.reason}});
    const std::lock_guard lock{mutex_};
    auto& row = rows_[static_cast<std::size_t>(skipped.kind)];
    ++(skipped.is_failure ? row.failed : row.skipped);
    add(skipped.is_failure ? failed_ : skipped_, skipped.kind, skipped.reason, skipped.id);
}

void ImportReport::remark(const Remark& remark) {
    log::debug("worth a look", {{"kind", names(remark.kind).one}, {"id", remark.id}, {"what", remark.text}});
    const std::lock_guard lock{mutex_};
    add(remarks_, remark.kind, remark.text, remark.id);
}

void ImportReport::add(Groups& groups, ImportKind kind, const std::string& reason, const std::string& id) {
    const bool is_full = groups.size() >= most_reasons && !groups.contains({kind, reason});
    auto& group = groups[{kind, is_full ? "for other reasons" : reason}];
    ++group.number;
    if (group.first_ids.size() < most_ids) group.first_ids.push_back(id);
}

bool ImportReport::has_failures() const {
    const std::lock_guard lock{mutex_};
    return !failed_.empty();
}

Progress ImportReport::progress() const {
    const std::lock_guard lock{mutex_};
    const auto done = [&](ImportKind kind) {
        std::uint64_t sum = 0;
        for (const auto number : rows_[static_cast<std::size_t>(kind)].done) sum += number;
        return sum;
    };
    Progress progress{
        .devices = done(ImportKind::device), .users = done(ImportKind::user), .expected = expected_};
    for (const auto kind : {ImportKind::device, ImportKind::user})
        progress.left_out += rows_[static_cast<std::size_t>(kind)].skipped;
    for (const auto& row : rows_) progress.failed += row.failed;
    return progress;
}

void ImportReport::print(std::ostream& out) const {
    const std::lock_guard lock{mutex_};
    constexpr int first = 24;
    constexpr int width = 15;
    out << std::left << std::setw(first) << "" << std::right;
    for (const auto* column : {"imported", "updated", "unchanged", "enrolled here", "skipped", "failed"})
        out << std::setw(width) << column;
    out << '\n';
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const auto& name = names(static_cast<ImportKind>(i));
        const auto& [done, skipped, failed] = rows_[i];
        out << std::left << std::setw(first) << name.many << std::right;
        for (std::size_t column = 0; column < done.size(); ++column) {
            const bool applies = column == 0 || name.is_enrollment || (name.is_compared && column < 3);
            out << std::setw(width) << (applies ? std::to_string(done[column]) : "-");
        }
        out << std::setw(width) << skipped << std::setw(width) << failed << '\n';
    }
    print(out, "skipped", skipped_);
    print(out, "failed", failed_);
    print(out, "worth a look", remarks_);
    out << std::flush;
}

void ImportReport::print(std::ostream& out, const char* heading, const Groups& groups) {
    if (groups.empty()) return;
    out << '\n' << heading << ":\n";
    for (const auto& [reason, group] : groups) {
        out << "  " << counted(group.number, reason.first) << ", " << printable(reason.second) << ": ";
        const char* separator = "";
        for (const auto& id : group.first_ids) {
            out << separator << printable(id);
            separator = ", ";
        }
        const auto more = group.number - group.first_ids.size();
        out << (more > 0 ? " and " + std::to_string(more) + " more" : "") << '\n';
    }
}

} // namespace nanomdm::migrate
