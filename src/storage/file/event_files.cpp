// A log is believed up to the last checkpoint and no further.
#include "storage/file/event_files.hpp"

#include "storage/file/event_block.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace nanomdm::storage::file {
namespace {

constexpr std::string_view extension = ".log";
constexpr std::size_t digits = 10;
/// The first block of a file is shorter.
constexpr std::size_t most_start = 256;

} // namespace

std::string EventFiles::path(std::uint32_t file) const {
    char name[digits + 1];
    std::snprintf(name, sizeof name, "%010u", file);
    return layout_.events() + "/" + name + std::string{extension};
}

std::optional<std::uint32_t> EventFiles::file_number(std::string_view name) {
    if (name.size() != digits + extension.size() || !name.ends_with(extension)) return std::nullopt;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + digits, number);
    if (error != std::errc{} || end != name.data() + digits || number == 0) return std::nullopt;
    return number;
}

std::vector<std::uint32_t> EventFiles::numbers() const {
    std::vector<std::uint32_t> all;
    for (const auto& name : files_.list(layout_.events())) {
        if (const auto number = file_number(name)) all.push_back(*number);
    }
    std::ranges::sort(all);
    return all;
}

std::uint32_t EventFiles::oldest(Lsn applied, const std::vector<std::uint32_t>& all) const {
    std::uint32_t oldest = 0;
    for (const auto number : all) {
        const auto file = files_.open(path(number), OpenMode::read);
        if (!file) continue;
        std::string bytes(most_start, '\0');
        bytes.resize(file->read_at(bytes.data(), bytes.size(), 0));
        const auto block = TextBlocks{bytes}.next();
        if (!block || !is_start(*block)) continue;
        if (const auto start = decoded_start(*block); start.lsn <= applied)
            oldest = std::max(oldest, start.oldest);
    }
    return oldest;
}

std::vector<EventDamage> EventFiles::read_all(Lsn applied, Outbox& outbox) const {
    std::vector<EventDamage> damaged;
    std::vector<EventDamage> suspected; // damage once something good follows, else a torn end
    const auto all = numbers();
    const auto first = std::ranges::lower_bound(all, oldest(applied, all));
    for (auto at = first; at != all.end(); ++at) {
        const std::string where = path(*at);
        const std::string bytes = read_file(files_, where).value_or("");
        TextBlocks walk{bytes};
        std::uint64_t good = 0;
        bool is_over = false;
        do {
            for (auto begin = walk.end();; begin = walk.end()) {
                const auto block = walk.next();
                if (!block) break;
                is_over = block->number("lsn") > applied;
                if (is_over) break;
                damaged.insert(damaged.end(), suspected.begin(), suspected.end());
                suspected.clear();
                const auto payload = static_cast<std::uint64_t>(block->payload().data() - bytes.data());
                apply_block(*block,
                            {*at, begin, static_cast<std::uint32_t>(payload - begin),
                             static_cast<std::uint32_t>(block->payload().size())},
                            outbox);
                good = walk.end();
            }
            if (!is_over && !walk.is_complete()) suspected.push_back({where, walk.end()});
        } while (!is_over && walk.skip_damage());
        if (good > 0) outbox.set_file_bytes(*at, good);
        if (is_over) break;
    }
    return damaged;
}

std::optional<TextBlock> EventFiles::Cursor::block(const EventPlace& place) {
    const auto [at, is_new] = open_.try_emplace(place.file);
    if (is_new) at->second = log_.files_.open(log_.path(place.file), OpenMode::read);
    if (!at->second) return std::nullopt;
    bytes_.resize(place.bytes());
    bytes_.resize(at->second->read_at(bytes_.data(), bytes_.size(), place.offset));
    return TextBlocks{bytes_}.next();
}

std::optional<Event> EventFiles::Cursor::event(const EventPlace& place) {
    const auto found = block(place);
    if (!found) return std::nullopt;
    return decoded_event(*found);
}

} // namespace nanomdm::storage::file
