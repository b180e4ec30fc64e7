// The snapshot's encoding: a heading, a tagged sequence of entries and push certificates, a checksum.
#include "storage/file/snapshot.hpp"

#include "log/log.hpp"
#include "storage/file/crc32c.hpp"
#include "storage/file/text_block.hpp"

#include <algorithm>
#include <unordered_map>

namespace nanomdm::storage::file {
namespace {

constexpr std::string_view heading = "nanomdm index 1\n";
constexpr std::size_t chunk = 64; ///< entries taken under one hold of the lock

enum class Tag : std::uint8_t { end, entry, push_certificate };

/// Numbers the commands as they come, so that a UUID is written once.
class EntryWriter {
public:
    explicit EntryWriter(ByteWriter& out) noexcept : out_{out} {}

    void write(const EnrollmentEntry& e) {
        out_(static_cast<std::uint8_t>(Tag::entry), e.id, static_cast<std::uint8_t>(e.type), e.is_known,
             e.is_completed, e.is_enabled, e.is_pushable, e.tally, e.lsn, e.token_updated, e.last_seen,
             e.device != nullptr ? e.device->id : std::string{},
             e.topic != nullptr ? *e.topic : std::string{}, e.serial_number, e.push_magic, e.push_token,
             e.short_name, e.long_name);
        for (const auto& mark : e.bodies) out_(mark.is_there, mark.crc, mark.size);
        out_(static_cast<std::uint32_t>(e.certificates.size()));
        for (const auto& hash : e.certificates)
            out_(std::string{reinterpret_cast<const char*>(hash.data()), hash.size()});
        out_(static_cast<std::uint32_t>(e.queue.size()));
        for (const auto& pending : e.queue) write(pending);
    }

private:
    void write(const PendingCommand& pending) {
        const QueuedCommand& command = *pending.command;
        // The lock is let go of now and then: another command may have taken an address since.
        auto& known = numbers_[&command];
        const bool is_new = known.created != command.created || known.number == 0;
        if (is_new) known = {++last_number_, command.created};
        out_(is_new, known.number);
        if (is_new) out_(command.uuid, command.request_type, command.created);
        out_(pending.not_now_tally, pending.first_not_now);
    }

    struct Known {
        std::uint32_t number = 0;
        Lsn created = 0;
    };
    ByteWriter& out_;
    std::unordered_map<const QueuedCommand*, Known> numbers_;
    std::uint32_t last_number_ = 0;
};

class EntryReader {
public:
    EntryReader(ByteReader& in, Index& index) noexcept : in_{in}, index_{index} {}

    void read() {
        EnrollmentEntry& e = index_.find_or_add(in_.next<std::string>());
        std::string device;
        std::string topic;
        std::uint8_t type = 0;
        in_(type, e.is_known, e.is_completed, e.is_enabled, e.is_pushable, e.tally, e.lsn, e.token_updated,
            e.last_seen, device, topic, e.serial_number, e.push_magic, e.push_token, e.short_name,
            e.long_name);
        e.type = static_cast<EnrollmentType>(type);
        index_.set_parent(e, device);
        if (!topic.empty()) e.topic = index_.shared_topic(topic);
        for (auto& mark : e.bodies) in_(mark.is_there, mark.crc, mark.size);
        for (auto count = in_.next<std::uint32_t>(); count > 0; --count)
            index_.add_certificate(e, certificate_hash(in_.next<std::string>()));
        const auto pending = in_.next<std::uint32_t>();
        e.queue.reserve(std::min<std::uint32_t>(pending, 1024));
        for (std::uint32_t i = 0; i < pending; ++i) read_pending(e);
    }

private:
    void read_pending(EnrollmentEntry& entry) {
        const bool is_new = in_.next<bool>();
        const auto number = in_.next<std::uint32_t>();
        if (is_new) {
            auto& command = index_.find_or_add_command(in_.next<std::string>());
            in_(command.request_type, command.created);
            numbers_[number] = &command;
        }
        const auto tally = in_.next<std::uint32_t>();
        index_.add_pending(entry, *numbers_.at(number), tally, in_.next<Timestamp>());
    }

    ByteReader& in_;
    Index& index_;
    std::unordered_map<std::uint32_t, QueuedCommand*> numbers_;
};

/// Appends to a file and keeps the checksum of it all.
class CheckedFile {
public:
    CheckedFile(Files& files, const std::string& path) : file_{*files.open(path, OpenMode::overwrite)} {}

    void append(std::string_view bytes) {
        file_.append(bytes);
        crc_ = crc32c(bytes, crc_);
        size_ += bytes.size();
    }
    void finish() {
        ByteWriter trailer;
        trailer(crc_);
        file_.append(trailer.bytes());
        file_.sync_data();
    }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

private:
    OpenFile file_;
    std::uint32_t crc_ = 0;
    std::uint64_t size_ = 0;
};

} // namespace

WrittenSnapshot write_snapshot(Files& files, const Layout& layout, Ledger& ledger, Lsn first,
                               const std::function<void(Lsn)>& durable) {
    const std::string path = layout.snapshot();
    CheckedFile file{files, path + ".new"};
    file.append(heading);
    ByteWriter buffer;
    buffer(first);
    EntryWriter entries{buffer};
    Lsn newest = first;
    auto last_seen = files.open(layout.last_seen() + ".new", OpenMode::overwrite);
    std::string seen_lines;
    // Enrollments that come up behind the end meanwhile have records behind `first`: replay adds them.
    for (std::size_t done = 0, all = 1; done < all;) {
        {
            const std::lock_guard lock{ledger.mutex};
            all = ledger.index.size();
            for (const std::size_t stop = std::min(all, done + chunk); done < stop; ++done) {
                const EnrollmentEntry& entry = ledger.index.at(done);
                entries.write(entry);
                newest = std::max(newest, entry.lsn);
                if (entry.last_seen != 0)
                    seen_lines.append(time_text(entry.last_seen))
                        .append(" ")
                        .append(line_value(entry.id))
                        .append("\n");
            }
        }
        file.append(buffer.bytes());
        buffer.clear();
        last_seen->append(seen_lines);
        seen_lines.clear();
    }
    {
        const std::lock_guard lock{ledger.mutex};
        for (const auto& [topic, stored] : ledger.index.push_certificates()) {
            buffer(static_cast<std::uint8_t>(Tag::push_certificate), topic, stored.certificate_pem,
                   stored.private_key_pem, stored.lsn);
            newest = std::max(newest, stored.lsn);
        }
    }
    buffer(static_cast<std::uint8_t>(Tag::end));
    file.append(buffer.bytes());
    durable(newest);
    file.finish();
    last_seen.reset();
    files.rename(layout.last_seen() + ".new", layout.last_seen());
    files.rename(path + ".new", path);
    files.sync_directory(layout.root());
    return {first, file.size()};
}

std::optional<WrittenSnapshot> read_snapshot(Files& files, const Layout& layout, Index& index) try {
    const auto bytes = read_file(files, layout.snapshot());
    if (!bytes) return std::nullopt;
    constexpr std::size_t trailer = 4;
    if (bytes->size() < heading.size() + trailer || !bytes->starts_with(heading))
        throw Error{Errc::corrupt, "no index snapshot"};
    const auto body = std::string_view{*bytes}.substr(0, bytes->size() - trailer);
    if (ByteReader{std::string_view{*bytes}.substr(body.size())}.next<std::uint32_t>() != crc32c(body))
        throw Error{Errc::corrupt, "the index snapshot fails its checksum"};

    ByteReader in{body.substr(heading.size())};
    const auto lsn = in.next<Lsn>();
    EntryReader entries{in, index};
    for (auto tag = Tag{in.next<std::uint8_t>()}; tag != Tag::end; tag = Tag{in.next<std::uint8_t>()}) {
        if (tag == Tag::entry) {
            entries.read();
        } else {
            std::string topic;
            StoredPushCertificate stored;
            in(topic, stored.certificate_pem, stored.private_key_pem, stored.lsn);
            index.put_push_certificate(topic, std::move(stored));
        }
    }
    return WrittenSnapshot{lsn, bytes->size()};
} catch (const Error& error) {
    log::warning("index snapshot is not usable; reading the plain files instead", {{"error", error.what()}});
    return std::nullopt;
}

void read_last_seen(Files& files, const Layout& layout, Index& index) {
    const auto text = read_file(files, layout.last_seen());
    if (!text) return;
    std::string_view rest = *text;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        const auto space = line.find(' ');
        if (space == std::string_view::npos) continue;
        try {
            EnrollmentEntry* entry = index.find(from_line_value(line.substr(space + 1)));
            if (entry != nullptr)
                entry->last_seen = std::max(entry->last_seen, time_from_text(line.substr(0, space)));
        } catch (const Error&) {
            continue; // outside the durability promise
        }
    }
}

} // namespace nanomdm::storage::file
