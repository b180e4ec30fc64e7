// `UUID.plist`, and `UUID.ids` with a block `#enqueued lsn=… at=… uuid=… request_type=… body=… body_crc=…`
// and one ID a line for each enqueue call.
#include "storage/file/command_files.hpp"

#include "storage/file/crc32c.hpp"
#include "storage/file/result_files.hpp"
#include "storage/file/text_block.hpp"

#include <cerrno>

namespace nanomdm::storage::file {
namespace {

/// The first line of a command's `.ids` is shorter: a UUID and a request type, escaped, and numbers.
constexpr std::size_t most_header = 8192;

/// @param created the command's description, in its first block alone.
std::string encoded(std::string_view uuid, const CommandChanges* created, const Recipients& recipients) {
    std::string lines;
    for (const auto& id : recipients.ids) lines.append(id).append("\n");
    TextBlock block{"enqueued"};
    block.set("lsn", recipients.lsn).set("at", time_text(recipients.at)).set("uuid", uuid);
    if (created != nullptr) {
        block.set("request_type", created->request_type)
            .set("body", created->body->size())
            .set("body_crc", crc32c(*created->body));
    }
    return block.encoded(lines);
}

} // namespace

std::optional<std::string> CommandFiles::body(std::string_view uuid) const {
    return read_file(files_, body_path(uuid));
}

std::optional<std::string> CommandFiles::intact_body(std::string_view uuid) const {
    auto found = body(uuid);
    const auto ids = files_.open(layout_.command(uuid) + ".ids", OpenMode::read);
    if (!found || !ids) return std::nullopt; // the two come and go together
    std::string start(most_header, '\0');
    start.resize(ids->read_at(start.data(), start.size(), 0));
    const auto expected =
        " body=" + std::to_string(found->size()) + " body_crc=" + std::to_string(crc32c(*found)) + " ";
    const auto at = start.find(expected);
    return at < start.find('\n') ? found : std::nullopt;
}

bool CommandFiles::was_given_to(std::string_view uuid, std::string_view id) const {
    const auto bytes = read_file(files_, layout_.command(uuid) + ".ids");
    if (!bytes) return false;
    const std::string line = "\n" + std::string{id} + "\n";
    TextBlocks walk{*bytes};
    while (const auto block = walk.next()) {
        // The line break of the header in front counts too.
        const auto payload = block->payload();
        const auto begin = static_cast<std::size_t>(payload.data() - bytes->data()) - 1;
        if (std::string_view{*bytes}.substr(begin, payload.size() + 1).find(line) != std::string_view::npos)
            return true;
    }
    return false;
}

std::optional<StoredCommand> CommandFiles::read(std::string_view uuid) const {
    return read_path(layout_.command(uuid) + ".ids");
}

std::optional<StoredCommand> CommandFiles::read_path(const std::string& path) const {
    const auto bytes = read_file(files_, path);
    if (!bytes) return std::nullopt;
    TextBlocks walk{*bytes};
    std::optional<StoredCommand> command;
    while (const auto block = walk.next()) {
        if (!command) {
            command.emplace();
            command->request_type = block->text("request_type");
            command->body_size = static_cast<std::uint32_t>(block->number("body"));
            command->body_crc = static_cast<std::uint32_t>(block->number("body_crc"));
        }
        command->last_enqueued = time_from_text(block->text("at"));
        std::string_view lines = block->payload();
        while (!lines.empty()) {
            const auto end = lines.find('\n');
            command->recipients.emplace(lines.substr(0, end));
            lines.remove_prefix(end + 1);
        }
    }
    if (command) command->is_complete = walk.is_complete();
    return command;
}

void CommandFiles::write(std::string_view uuid, const CommandChanges& changes, bool is_careful) {
    const std::string path = layout_.command(uuid);
    if (changes.is_gone()) {
        files_.remove(path + ".plist");
        files_.remove(path + ".ids");
        return;
    }
    if (changes.body) {
        // New here: both files are written whole, and once more should a crash come in between.
        std::string blocks;
        for (const auto& recipients : changes.recipients) {
            blocks += encoded(uuid, blocks.empty() ? &changes : nullptr, recipients);
        }
        try {
            write_file(files_, path + ".plist", *changes.body);
        } catch (const FileError& error) {
            if (error.number() != ENOENT) throw;
            files_.make_directory(layout_.command_shelf(uuid));
            write_file(files_, path + ".plist", *changes.body);
        }
        write_file(files_, path + ".ids", blocks);
        return;
    }
    auto file = files_.open(path + ".ids", OpenMode::append);
    std::vector<std::pair<Lsn, std::string>> blocks;
    for (const auto& recipients : changes.recipients)
        blocks.emplace_back(recipients.lsn, encoded(uuid, nullptr, recipients));
    if (is_careful) {
        append_carefully(*file, blocks);
    } else {
        for (const auto& [lsn, block] : blocks) file->append(block);
    }
}

} // namespace nanomdm::storage::file
