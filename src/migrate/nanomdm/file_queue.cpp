// Which directory a command lies in says how far it had come.
#include "migrate/nanomdm/file_queue.hpp"

#include "migrate/nanomdm/stored_command.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace nanomdm::migrate {
namespace {

constexpr std::string_view command_ending = ".plist";
constexpr std::string_view result_ending = ".result.plist";

/// The commands of a directory, by UUID. Anything else in there (results, what an editor or a broken write
/// left) is none.
std::vector<std::string> uuids_in(const Directory& queue) {
    std::vector<std::string> uuids;
    queue.for_each([&uuids](const std::string& name, Directory::Kind) {
        if (name.ends_with(command_ending) && !name.ends_with(result_ending) && !name.starts_with('.'))
            uuids.push_back(name.substr(0, name.size() - command_ending.size()));
    });
    std::ranges::sort(uuids);
    return uuids;
}

class QueueReader {
public:
    QueueReader(const Directory& enrollment, Findings& findings)
        : findings_{findings}, pending_{open(enrollment, "Queue")}, not_now_{open(enrollment, "QueueNotNow")},
          done_{open(enrollment, "QueueDone")}, inactive_{open(enrollment, "QueueInactive")} {}

    FileQueue read() {
        // What was enqueued again under the UUID of an old command is pending: that is what NanoMDM would do.
        auto not_now = commands_of(not_now_, State::not_now);
        auto pending = commands_of(pending_, State::pending);
        auto history = commands_of(done_, State::done);
        std::ranges::move(commands_of(inactive_, State::inactive), std::back_inserter(history));
        std::ranges::stable_sort(history, {}, &Read::reported_at);

        FileQueue queue{.last_report_at = last_report_at_};
        for (auto* part : {&history, &not_now, &pending}) {
            for (auto& read : *part) queue.commands.push_back(std::move(read.command));
        }
        return queue;
    }

private:
    enum class State { pending, not_now, done, inactive };
    struct Read {
        ImportedCommand command;
        TimePoint reported_at;
    };

    std::optional<Directory> open(const Directory& enrollment, const char* name) {
        return readable([&] { return enrollment.directory(name); },
                        [&] { findings_.lose_command(name, "the queue cannot be read"); });
    }

    std::vector<Read> commands_of(const std::optional<Directory>& queue, State state) {
        std::vector<Read> commands;
        if (!queue) return commands;
        const auto uuids = readable([&queue] { return std::optional{uuids_in(*queue)}; },
                                    [this] { findings_.lose_command("", "a queue cannot be read"); });
        for (const auto& uuid : uuids.value_or(std::vector<std::string>{})) {
            if (auto command = read_one(*queue, uuid, state)) commands.push_back(std::move(*command));
        }
        return commands;
    }

    std::optional<Read> read_one(const Directory& queue, const std::string& uuid, State state) {
        if (!seen_.insert(uuid).second) {
            findings_.pass_over_command(uuid, "it is there again, under the same CommandUUID");
            return std::nullopt;
        }
        auto file = readable([&] { return queue.file(uuid + std::string{command_ending}); },
                             [&] { findings_.lose_command(uuid, "its file cannot be read"); });
        if (!file) return std::nullopt;
        auto command = stored_command(std::move(*file), uuid, findings_);
        if (!command) return std::nullopt;
        Read read{std::move(*command), command->enqueued_at};
        add_report(queue, uuid, state, read);
        return read;
    }

    void add_report(const Directory& queue, const std::string& uuid, State state, Read& read) {
        read.command.is_cleared = state == State::inactive;
        auto report = report_on(queue, uuid);
        // Clearing a queue moves the command and leaves the report behind.
        if (!report && state == State::inactive && not_now_) report = report_on(*not_now_, uuid);
        if (report) {
            read.reported_at = report->modified_at;
            last_report_at_ = std::max(last_report_at_.value_or(report->modified_at), report->modified_at);
            read.command.result = stored_result(*report);
        }
        auto& result = read.command.result;
        const bool is_final = result && result->status.str() != "NotNow";
        if (state == State::done && !is_final) {
            // It was answered: to have it pending would be to do it twice.
            result.reset();
            read.command.is_cleared = true;
            findings_.remark("the report on a command that it has done cannot be read");
        }
        if ((state == State::pending || state == State::not_now) && is_final) result.reset();
    }

    std::optional<StoredFile> report_on(const Directory& queue, const std::string& uuid) {
        return readable([&] { return queue.file(uuid + std::string{result_ending}); },
                        [this] { findings_.remark("the report on one of its commands cannot be read"); });
    }

    Findings& findings_;
    const std::optional<Directory> pending_;
    const std::optional<Directory> not_now_;
    const std::optional<Directory> done_;
    const std::optional<Directory> inactive_;
    std::unordered_set<std::string> seen_;
    std::optional<TimePoint> last_report_at_;
};

} // namespace

FileQueue read_file_queue(const Directory& enrollment, Findings& findings) {
    return QueueReader{enrollment, findings}.read();
}

std::vector<std::string> file_queue_names(const Directory& enrollment) {
    std::vector<std::string> all;
    for (const auto* name : {"QueueDone", "QueueInactive", "QueueNotNow", "Queue"}) {
        if (const auto queue = enrollment.directory(name))
            std::ranges::move(uuids_in(*queue), std::back_inserter(all));
    }
    return all;
}

} // namespace nanomdm::migrate
