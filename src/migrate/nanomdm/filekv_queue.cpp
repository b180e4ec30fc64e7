// The list of an enrollment, its reports and the commands themselves, put together.
#include "migrate/nanomdm/filekv_queue.hpp"

#include "migrate/nanomdm/stored_command.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace nanomdm::migrate {
namespace {

constexpr const char* bucket_name = "queue";
constexpr std::string_view first_ending = ".queuekey.queue.first";

std::string queue_key(const std::string& id, const char* name) { return id + ".queuekey.queue." + name; }
std::string item_key(const std::string& id, const std::string& uuid, const char* name) {
    return id + "." + uuid + ".queueitem." + name;
}

/// A link that cannot be read is a broken one.
std::optional<std::string> link_at(const FileKvBucket& bucket, const std::string& key) {
    auto file = readable([&] { return bucket.file(key); }, [] {});
    return file && !file->bytes.empty() ? std::optional{std::move(file->bytes)} : std::nullopt;
}

} // namespace

/// One enrollment's.
class FileKvQueues::Queue {
public:
    Queue(const FileKvQueues& queues, const std::string& id, Findings& findings)
        : queues_{queues}, id_{id}, findings_{findings} {}

    std::vector<ImportedCommand> read(const std::vector<FileKvItem>& items, const RestoredQueue& queue,
                                      std::optional<TimePoint> authenticated_at) {
        for (const auto& item : items) take_report(item);
        auto pending = lost_commands(queue, authenticated_at);
        if (queue.is_circular) findings_.remark("its queue ran in a circle: each command came over once");
        if (queue.is_cut || !pending.empty())
            findings_.remark(
                "its queue was broken: commands that NanoMDM had lost hold of came over as pending");
        for (const auto& uuid : queue.reachable) {
            if (auto command = unfinished(uuid)) pending.push_back(std::move(command->command));
        }
        // Reports on what is in no queue any more: a new enrollment cleared it.
        for (const auto& item : items) {
            if (results_.contains(item.uuid)) clear(item.uuid);
        }
        std::ranges::stable_sort(history_, {}, &Read::reported_at);
        std::vector<ImportedCommand> commands;
        commands.reserve(history_.size() + pending.size());
        for (auto& read : history_) commands.push_back(std::move(read.command));
        std::ranges::move(pending, std::back_inserter(commands));
        return commands;
    }

private:
    struct Report {
        StoredResult result;
        TimePoint at;
    };

    std::optional<StoredFile> file(const FileKvBucket& bucket, const std::string& key) {
        return readable([&] { return bucket.file(key); },
                        [this] { findings_.remark("one of the files of its queue cannot be read"); });
    }

    /// A final one finishes its command, whether that is still linked or not.
    void take_report(const FileKvItem& item) {
        if (!item.has_status && !item.has_report) return;
        auto report = read_report(item);
        if (!report) return;
        if (report->result.status.str() == "NotNow") {
            results_.emplace(item.uuid, std::move(*report));
            return;
        }
        if (!taken_.insert(item.uuid).second) return;
        auto body = file(queues_.by_command_, item.uuid + ".raw");
        if (!body) {
            findings_.pass_over_command(item.uuid, "a report on a command that NanoMDM did not have");
            return;
        }
        auto command = stored_command(std::move(*body), item.uuid, findings_);
        if (!command) return;
        command->result = std::move(report->result);
        history_.push_back({std::move(*command), report->at});
    }

    std::optional<Report> read_report(const FileKvItem& item) {
        const auto status_file = file(queues_.by_enrollment_, item_key(id_, item.uuid, "status"));
        auto report = file(queues_.by_enrollment_, item_key(id_, item.uuid, "report"));
        std::optional<std::string> status;
        if (status_file) status = status_file->bytes;
        if (!report || report->bytes.empty()) {
            if (!status || status->empty()) {
                findings_.remark("the report on one of its commands cannot be read");
                return std::nullopt;
            }
            report = StoredFile{made_report(id_, item.uuid, *status), status_file->modified_at};
            findings_.remark("of the report on one of its commands only the status is there");
        }
        auto result = stored_result(*report, status);
        if (!result) {
            findings_.remark("the report on one of its commands cannot be read");
            return std::nullopt;
        }
        return Report{std::move(*result), report->modified_at};
    }

    /// With its NotNow, if there was one; nullopt when it is finished, or cannot be had.
    std::optional<Read> unfinished(const std::string& uuid) {
        if (!taken_.insert(uuid).second) return std::nullopt;
        auto body = file(queues_.by_command_, uuid + ".raw");
        const auto not_now = results_.extract(uuid);
        if (!body) {
            findings_.lose_command(uuid, "its bytes are not in the store");
            return std::nullopt;
        }
        auto command = stored_command(std::move(*body), uuid, findings_);
        if (!command) return std::nullopt;
        const auto enqueued_at = command->enqueued_at;
        if (not_now.empty()) return Read{std::move(*command), enqueued_at};
        command->result = std::move(not_now.mapped().result);
        return Read{std::move(*command), not_now.mapped().at};
    }

    void clear(const std::string& uuid) {
        if (auto read = unfinished(uuid)) clear(std::move(*read));
    }
    void clear(Read read) {
        read.command.is_cleared = true;
        history_.push_back(std::move(read));
    }

    /// Older than the present enrollment, it would have been cleared had it still been in the queue.
    std::vector<ImportedCommand> lost_commands(const RestoredQueue& queue,
                                               std::optional<TimePoint> authenticated_at) {
        std::vector<std::vector<ImportedCommand>> chains;
        for (const auto& chain : queue.lost) {
            auto& commands = chains.emplace_back();
            for (const auto& uuid : chain) {
                auto read = unfinished(uuid);
                if (!read) continue;
                if (authenticated_at && read->command.enqueued_at < *authenticated_at)
                    clear(std::move(*read));
                else
                    commands.push_back(std::move(read->command));
            }
        }
        std::erase_if(chains, [](const auto& chain) { return chain.empty(); });
        std::ranges::stable_sort(chains, {}, [](const auto& chain) { return chain.front().enqueued_at; });
        std::vector<ImportedCommand> all;
        for (auto& chain : chains) std::ranges::move(chain, std::back_inserter(all));
        return all;
    }

    const FileKvQueues& queues_;
    const std::string& id_;
    Findings& findings_;
    std::unordered_map<std::string, Report> results_; ///< NotNow
    std::unordered_set<std::string> taken_;
    std::vector<Read> history_;
};

FileKvQueues::FileKvQueues(const Directory& root, std::size_t names_held)
    : by_enrollment_{root, bucket_name}, by_command_{root, bucket_name}, keys_{by_enrollment_, names_held} {}

/// A key of the ID `a.b` looks like one of the ID `a` with a dot in its UUID. Such a UUID has to be there.
std::vector<FileKvItem> FileKvQueues::items_of(const std::string& id) {
    auto items = keys_.items_of(id);
    std::erase_if(items, [this](const FileKvItem& item) {
        return item.uuid.find('.') != std::string::npos && !by_command_.has(item.uuid + ".raw");
    });
    return items;
}

QueueLinks FileKvQueues::links_of(const std::string& id, const std::vector<FileKvItem>& items) const {
    QueueLinks links{.first = link_at(by_enrollment_, queue_key(id, "first")),
                     .last = link_at(by_enrollment_, queue_key(id, "last"))};
    for (const auto& item : items) {
        if (!item.has_next && !item.has_prev) continue;
        auto& link = links.items[item.uuid];
        if (item.has_next) link.next = link_at(by_enrollment_, item_key(id, item.uuid, "next"));
        if (item.has_prev) link.prev = link_at(by_enrollment_, item_key(id, item.uuid, "prev"));
    }
    return links;
}

std::vector<ImportedCommand> FileKvQueues::commands_of(const std::string& id,
                                                       std::optional<TimePoint> authenticated_at,
                                                       Findings& findings) {
    const auto items = items_of(id);
    return Queue{*this, id, findings}.read(items, restore(links_of(id, items)), authenticated_at);
}

std::vector<std::string> FileKvQueues::queued_ids(const FileKvBucket::Leaf& leaf) const {
    std::vector<std::string> ids;
    by_enrollment_.for_each_key(leaf, [&ids](const std::string& key) {
        if (key.ends_with(first_ending) && key.size() > first_ending.size())
            ids.push_back(key.substr(0, key.size() - first_ending.size()));
    });
    std::ranges::sort(ids);
    return ids;
}

std::vector<std::string> FileKvQueues::pending_names(const std::string& id) {
    auto queue = restore(links_of(id, items_of(id)));
    for (auto& chain : queue.lost) std::ranges::move(chain, std::back_inserter(queue.reachable));
    return std::move(queue.reachable);
}

} // namespace nanomdm::migrate
