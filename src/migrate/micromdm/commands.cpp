#include "migrate/micromdm/commands.hpp"

#include "mdm/decode.hpp"
#include "migrate/micromdm/enrollments.hpp"
#include "migrate/micromdm/records.hpp"
#include "nanomdm/error.hpp"

#include <unordered_map>

namespace nanomdm::migrate::micromdm {
namespace {

class Collector {
public:
    Collector(std::string_view key, TimePoint unknown_time, ImportSink& sink) noexcept
        : key_{key}, unknown_time_{unknown_time}, sink_{sink} {}

    void add(std::string_view record) {
        CommandRecord command;
        try {
            command = CommandRecord::decode(record);
            add(command, decode_command(std::string{command.payload}));
        } catch (const Error& error) {
            skip(command.uuid, std::string{"is no command: "} + error.what());
        }
    }

    [[nodiscard]] std::vector<ImportedCommand> commands() && { return std::move(commands_); }

private:
    void add(const CommandRecord& record, Command command) {
        const auto [known, is_new] = by_uuid_.try_emplace(command.uuid, commands_.size());
        if (is_new) {
            commands_.push_back({std::move(command), time_of(record.created_at).value_or(unknown_time_)});
        } else if (commands_[known->second].command != command) {
            skip(command.uuid.str(), "has the UUID of another one in the same queue");
        }
    }

    void skip(std::string_view uuid, std::string reason) {
        auto id = std::string{key_};
        if (!uuid.empty()) id.append(1, ' ').append(uuid);
        sink_.skip({ImportKind::command, std::move(id), std::move(reason), true});
    }

    std::string_view key_;
    TimePoint unknown_time_;
    ImportSink& sink_;
    std::vector<ImportedCommand> commands_;
    std::unordered_map<CommandUuid, std::size_t> by_uuid_;
};

} // namespace

std::vector<ImportedCommand> pending_commands(std::string_view key, std::string_view queue,
                                              TimePoint unknown_time, ImportSink& sink) try {
    Collector collector{key, unknown_time, sink};
    const auto record = QueueRecord::decode(queue);
    for (const auto& command : record.commands) collector.add(command);
    for (const auto& command : record.not_now) collector.add(command);
    return std::move(collector).commands();
} catch (const Error& error) {
    if (error.code() != Errc::corrupt) throw;
    sink.skip({ImportKind::command, std::string{key}, error.what(), true});
    return {};
}

bool has_pending_commands(std::string_view queue) {
    const auto record = QueueRecord::decode(queue);
    return !record.commands.empty() || !record.not_now.empty();
}

} // namespace nanomdm::migrate::micromdm
