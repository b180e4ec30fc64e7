// Blocks `#result lsn=… at=… uuid=… status=… not_now=… first_not_now=…` with the report behind.
#include "storage/file/result_files.hpp"

#include "storage/file/text_block.hpp"

#include <algorithm>

namespace nanomdm::storage::file {
namespace {

constexpr std::string_view prefix = "results-";
constexpr std::string_view extension = ".log";
constexpr std::size_t month_length = 7; // "2026-11"

std::string month_of(Timestamp at) { return time_text(at).substr(0, month_length); }

std::string file_name(const std::string& month) {
    return std::string{prefix} + month + std::string{extension};
}

} // namespace

bool ResultFiles::is_result_file(std::string_view name) {
    return name.size() == prefix.size() + month_length + extension.size() && name.starts_with(prefix) &&
           name.ends_with(extension);
}

std::string ResultFiles::encoded(const ResultEntry& entry) {
    TextBlock block{"result"};
    block.set("lsn", entry.lsn)
        .set("at", time_text(entry.at))
        .set("uuid", entry.uuid)
        .set("status", entry.status)
        .set("not_now", entry.not_now_tally)
        .set("first_not_now", time_text(entry.first_not_now));
    return block.encoded(entry.raw ? std::string_view{*entry.raw} : std::string_view{});
}

ResultEntry ResultFiles::decoded(const TextBlock& block) {
    return {.lsn = block.number("lsn"),
            .at = time_from_text(block.text("at")),
            .uuid = block.text("uuid"),
            .status = block.text("status"),
            .not_now_tally = static_cast<std::uint32_t>(block.number("not_now")),
            .first_not_now = time_from_text(block.text("first_not_now")),
            .raw = shared_bytes(std::string{block.payload()})};
}

void append_carefully(OpenFile& file, const std::vector<std::pair<Lsn, std::string>>& blocks) {
    if (blocks.empty()) return;
    // Older blocks were flushed and confirmed: damage among them stays, and takes none of them along. What is
    // behind the last of them comes from an attempt at these blocks, whole or torn at any place.
    const std::string stored = file.read_all();
    TextBlocks walk{stored};
    std::uint64_t keep = 0;
    do {
        while (const auto block = walk.next()) {
            if (block->number("lsn") < blocks.front().first) keep = walk.end();
        }
    } while (walk.skip_damage());
    if (keep < stored.size()) file.truncate(keep);
    for (const auto& [lsn, block] : blocks) file.append(block);
}

void ResultFiles::append(std::string_view id, const std::vector<ResultEntry>& entries, bool is_careful) {
    const std::string directory = layout_.enrollment(id) + "/";
    for (auto first = entries.begin(); first != entries.end();) {
        const std::string month = month_of(first->at);
        const auto last = std::find_if(first, entries.end(),
                                       [&month](const auto& entry) { return month_of(entry.at) != month; });
        auto file = files_.open(directory + file_name(month), OpenMode::append);
        if (is_careful) {
            std::vector<std::pair<Lsn, std::string>> blocks;
            std::for_each(first, last,
                          [&](const auto& entry) { blocks.emplace_back(entry.lsn, encoded(entry)); });
            append_carefully(*file, blocks);
        } else {
            std::string blocks;
            std::for_each(first, last, [&](const auto& entry) { blocks += encoded(entry); });
            file->append(blocks);
        }
        first = last;
    }
}

std::vector<std::string> ResultFiles::newest_first(std::string_view id) const {
    auto names = files_.list(layout_.enrollment(id));
    std::erase_if(names, [](const auto& name) { return !is_result_file(name); });
    std::ranges::sort(names, std::greater{});
    return names;
}

std::optional<ResultEntry> ResultFiles::newest(std::string_view id, std::string_view uuid) const {
    const std::string directory = layout_.enrollment(id) + "/";
    for (const auto& name : newest_first(id)) {
        const auto bytes = read_file(files_, directory + name);
        if (!bytes) continue; // retention was faster
        std::optional<TextBlock> newest;
        TextBlocks walk{*bytes};
        do {
            while (auto block = walk.next()) {
                if (block->text("uuid") == uuid) newest = std::move(block);
            }
        } while (walk.skip_damage());
        if (newest) return decoded(*newest);
    }
    return std::nullopt;
}

void ResultFiles::drop_all(std::string_view id) {
    for (const auto& name : newest_first(id)) files_.remove(layout_.enrollment(id) + "/" + name);
}

std::size_t ResultFiles::drop_before(std::string_view id, Timestamp oldest) {
    const std::string keep_from = file_name(month_of(oldest));
    std::size_t dropped = 0;
    for (const auto& name : newest_first(id)) {
        if (name < keep_from && files_.remove(layout_.enrollment(id) + "/" + name)) ++dropped;
    }
    return dropped;
}

} // namespace nanomdm::storage::file
