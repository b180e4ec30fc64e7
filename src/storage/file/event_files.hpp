// Reading the event log: all of it at the start, single events when they are to be sent.
#pragma once

#include "nanomdm/mdm/event.hpp"
#include "storage/file/files.hpp"
#include "storage/file/names.hpp"
#include "storage/file/outbox.hpp"
#include "storage/file/text_block.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nanomdm::storage::file {

/// Bytes of the log that a checkpoint vouches for and that are no block.
struct EventDamage {
    std::string path;
    std::uint64_t offset = 0;
};

/// Any thread. Files `events/0000000001.log` and so on, read in the order of their numbers.
class EventFiles {
public:
    EventFiles(Files& files, const Layout& layout) noexcept : files_{files}, layout_{layout} {}

    [[nodiscard]] std::string path(std::uint32_t file) const;
    /// nullopt for any other name.
    [[nodiscard]] static std::optional<std::uint32_t> file_number(std::string_view name);
    /// Ascending.
    [[nodiscard]] std::vector<std::uint32_t> numbers() const;

    /// Fills an empty outbox with what the log has of records up to `applied`; what is behind comes from an
    /// attempt that was cut short, and the journal has it. Changes no file.
    [[nodiscard]] std::vector<EventDamage> read_all(Lsn applied, Outbox& outbox) const;

    /// Reads single blocks; keeps files open for the next ones.
    class Cursor {
    public:
        explicit Cursor(const EventFiles& log) noexcept : log_{log} {}
        /// nullopt when the file is gone or damaged there. Its view holds until the next call.
        [[nodiscard]] std::optional<TextBlock> block(const EventPlace& place);
        [[nodiscard]] std::optional<Event> event(const EventPlace& place);

    private:
        const EventFiles& log_;
        std::unordered_map<std::uint32_t, std::optional<OpenFile>> open_;
        std::string bytes_;
    };

private:
    [[nodiscard]] std::uint32_t oldest(Lsn applied, const std::vector<std::uint32_t>& all) const;

    Files& files_;
    const Layout& layout_;
};

} // namespace nanomdm::storage::file
