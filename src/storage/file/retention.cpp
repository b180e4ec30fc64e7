// Walks the enrollments, then the shelves of commands.
#include "storage/file/retention.hpp"

#include "log/log.hpp"
#include "storage/file/store.hpp"
#include "storage/file/text_block.hpp"

#include <algorithm>

namespace nanomdm::storage::file {
namespace {

constexpr std::size_t enrollments_per_step = 50;
constexpr std::chrono::hours between_rounds{1};

/// The UUID that a command's first block names.
std::optional<std::string> uuid_of(Files& files, const std::string& ids_path) {
    const auto bytes = read_file(files, ids_path);
    if (!bytes) return std::nullopt;
    const auto block = TextBlocks{*bytes}.next();
    return block ? std::optional{block->text("uuid")} : std::nullopt;
}

} // namespace

Retention::Retention(Files& files, const Layout& layout, std::chrono::seconds kept) noexcept
    : files_{files}, layout_{layout}, results_{files, layout}, commands_{files, layout}, kept_{kept} {}

void Retention::step(Store& store) {
    if (std::chrono::steady_clock::now() < next_round_) return;
    const Timestamp oldest = now() - std::chrono::nanoseconds{kept_}.count();
    std::size_t enrollments = 0;
    {
        const std::lock_guard lock{store.ledger().mutex};
        enrollments = store.ledger().index.size();
    }
    if (next_enrollment_ < enrollments) {
        step_results(store, oldest);
    } else if (next_shelf_ == 0 || next_shelf_ < shelves_.size()) {
        if (next_shelf_ == 0) shelves_ = files_.list(layout_.commands());
        if (!shelves_.empty()) step_commands(store, oldest);
        ++next_shelf_;
    } else {
        next_enrollment_ = 0;
        next_shelf_ = 0;
        next_round_ = std::chrono::steady_clock::now() + between_rounds;
    }
}

void Retention::step_results(Store& store, Timestamp oldest) {
    std::vector<std::string> ids;
    {
        const std::lock_guard lock{store.ledger().mutex};
        auto& index = store.ledger().index;
        for (auto left = enrollments_per_step; left > 0 && next_enrollment_ < index.size(); --left)
            ids.push_back(index.at(next_enrollment_++).id);
    }
    for (const auto& id : ids) results_.drop_before(id, oldest);
}

void Retention::step_commands(Store& store, Timestamp oldest) {
    const std::string shelf = layout_.commands() + "/" + shelves_[next_shelf_];
    DropCommandsRecord dropped{.at = now(), .uuids = {}};
    for (const auto& name : files_.list(shelf)) {
        if (!name.ends_with(".ids")) continue;
        const auto stored = commands_.read_path(shelf + "/" + name);
        if (!stored || stored->last_enqueued >= oldest) continue;
        if (auto uuid = uuid_of(files_, shelf + "/" + name)) dropped.uuids.push_back(std::move(*uuid));
    }
    if (dropped.uuids.empty()) return;

    store.journal().admit();
    Ledger& ledger = store.ledger();
    Lsn lsn = 0;
    {
        const std::lock_guard lock{ledger.mutex};
        std::erase_if(dropped.uuids, [&ledger](const std::string& uuid) {
            return ledger.index.queued_command(uuid) != nullptr || ledger.current.command(uuid) != nullptr ||
                   ledger.writing.command(uuid) != nullptr;
        });
        if (!dropped.uuids.empty()) lsn = store.record(dropped);
    }
    if (lsn != 0) store.journal().wait_durable(lsn);
}

} // namespace nanomdm::storage::file
