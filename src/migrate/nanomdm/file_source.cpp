// One pass over the directories for what they hold, one for the devices, one for their users.
#include "migrate/nanomdm/file_source.hpp"

#include "encoding/trimmed.hpp"
#include "migrate/nanomdm/associations.hpp"
#include "migrate/nanomdm/file_queue.hpp"
#include "migrate/nanomdm/findings.hpp"
#include "migrate/nanomdm/store_kind.hpp"
#include "migrate/nanomdm/stored_enrollment.hpp"
#include "migrate/nanomdm/stored_push_certificate.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::migrate {
namespace {

/// At the top, one line for each association there ever was.
constexpr const char* associations_name = "CertAuth.txt";
/// Some five million of them.
constexpr std::size_t largest_associations = 512 * 1024 * 1024;

enum class Holding { device, user, nothing, unreadable };

Holding holding_of(const Directory& root, const std::string& name) {
    try {
        const auto directory = root.directory(name);
        if (!directory) return Holding::nothing;
        if (directory->has("Authenticate.plist")) return Holding::device;
        for (const auto* message :
             {"TokenUpdate.plist", "UserAuthenticate.plist", "UserAuthenticate.Digest.plist"}) {
            if (directory->has(message)) return Holding::user;
        }
        return Holding::nothing;
    } catch (const Error& error) {
        if (error.code() != Errc::corrupt) throw;
        return Holding::unreadable;
    }
}

DeviceStanding standing_of(const Directory& root, const EnrollmentId& device) {
    try {
        const auto directory = root.directory(device.str());
        if (!directory || (!directory->has("Authenticate.plist") && !directory->has("TokenUpdate.plist")))
            return DeviceStanding::absent;
        return directory->has("Disabled") ? DeviceStanding::disabled : DeviceStanding::enabled;
    } catch (const Error& error) {
        if (error.code() != Errc::corrupt) throw;
        return DeviceStanding::absent;
    }
}

/// One line of CertAuth.txt. Neither kind of ID has a comma, but an odd one may.
void add_line(std::string_view line, const Directory& root, Associations& associations, ImportSink& sink) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return;
    const auto comma = line.rfind(',');
    const std::string id{line.substr(0, comma)};
    const auto skip = [&sink, &id](const char* reason, bool is_failure) {
        sink.skip({ImportKind::certificate_association, id, reason, is_failure});
    };
    const auto holding = holding_of(root, id.substr(0, id.find(':')));
    if (holding == Holding::nothing)
        skip("it is of an ID that never enrolled", false);
    else if (comma == std::string_view::npos || !associations.add(id, line.substr(comma + 1)))
        skip("its line holds no SHA-256", true);
}

Associations read_associations(const Directory& root, ImportSink& sink) {
    Associations associations;
    if (const auto file = root.file(associations_name, largest_associations)) {
        std::string_view rest = file->bytes;
        while (!rest.empty()) {
            const auto end = rest.find('\n');
            add_line(rest.substr(0, end), root, associations, sink);
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        }
    }
    associations.sort();
    return associations;
}

/// The last association, which CertAuth.txt has too unless it was lost.
void add_own_hash(const StoredFile& file, std::vector<std::string>& hashes, Findings& findings) {
    Associations own;
    if (!own.add(findings.id(), trimmed(file.bytes, blanks_and_line_ends))) {
        findings.lose_association("its CertAuth.sha256.txt holds no SHA-256");
        return;
    }
    auto hash = std::move(own.of(findings.id()).front());
    if (std::ranges::find(hashes, hash) == hashes.end()) hashes.push_back(std::move(hash));
}

/// Reads the files of one enrollment's directory.
class EnrollmentReader {
public:
    EnrollmentReader(const Directory& directory, Findings& findings)
        : directory_{directory}, findings_{findings} {}

    StoredEnrollment read() {
        StoredEnrollment stored{
            .authenticate = file("Authenticate.plist"),
            .token_update = file("TokenUpdate.plist"),
            .user_authenticate = file("UserAuthenticate.plist"),
            .user_authenticate_digest = file("UserAuthenticate.Digest.plist"),
            .unlock_token = bytes("UnlockToken.dat"),
            .bootstrap_token = bootstrap_token(),
            .serial_number = bytes("SerialNumber.txt"),
            .identity_pem = bytes("Identity.pem"),
            .tally = bytes("TokenUpdate.tally.txt"),
            .is_disabled = directory_.has("Disabled"),
        };
        if (stored.token_update) stored.token_updated_at = stored.token_update->modified_at;
        // No file says when a device was last seen; each of these was written because it came.
        for (const auto* name : {"Authenticate.plist", "TokenUpdate.plist", "BootstrapToken.dat", "Disabled",
                                 "UserAuthenticate.plist", "UserAuthenticate.Digest.plist"})
            seen_at(directory_.modified_at(name));
        stored.last_seen_at = last_seen_at_;
        return stored;
    }

    std::optional<StoredFile> file(const char* name) {
        return file(name, [this] { findings_.remark("one of its files cannot be read"); });
    }

    void seen_at(std::optional<TimePoint> time) {
        if (time && time > last_seen_at_) last_seen_at_ = time;
    }
    [[nodiscard]] std::optional<TimePoint> last_seen_at() const noexcept { return last_seen_at_; }

private:
    template <class Otherwise> std::optional<StoredFile> file(const char* name, Otherwise otherwise) {
        return readable([this, name] { return directory_.file(name); }, otherwise);
    }
    std::optional<std::string> bytes(const char* name) { return bytes_of(file(name)); }
    std::optional<std::string> bootstrap_token() {
        return bytes_of(file("BootstrapToken.dat",
                             [this] { findings_.lose_bootstrap_token("its file cannot be read"); }));
    }
    static std::optional<std::string> bytes_of(std::optional<StoredFile> read) {
        return read ? std::optional{std::move(read->bytes)} : std::nullopt;
    }

    const Directory& directory_;
    Findings& findings_;
    std::optional<TimePoint> last_seen_at_;
};

void pass_over_queue(const Directory& root, const std::string& id, ImportSink& sink) {
    Findings findings{sink, ImportKind::device, id};
    const auto names = readable(
        [&root, &id] {
            const auto directory = root.directory(id);
            return directory ? std::optional{file_queue_names(*directory)} : std::nullopt;
        },
        [&findings] { findings.remark("its directory cannot be read"); });
    if (!names) return;
    for (const auto& uuid : *names)
        findings.pass_over_command(uuid, "it was queued for an ID that never enrolled");
    if (names->empty()) findings.pass_over("its directory holds no messages of a device");
}

} // namespace

NanoFileSource::NanoFileSource(const std::string& directory) : root_{open_file_store(directory)} {}

void NanoFileSource::read(ImportSink& sink) {
    std::vector<std::string> ids;
    root_.for_each([this, &ids, &sink](const std::string& name, Directory::Kind kind) {
        if (kind == Directory::Kind::directory)
            ids.push_back(name);
        else if (kind == Directory::Kind::other)
            sink.skip({ImportKind::device, name, "it is a symbolic link or no directory", true});
    });
    std::ranges::sort(ids);

    std::vector<Holding> holdings;
    holdings.reserve(ids.size());
    for (const auto& id : ids) holdings.push_back(holding_of(root_, id));
    sink.expect(ids.size() - static_cast<std::size_t>(std::ranges::count(holdings, Holding::nothing)));

    const auto associations = read_associations(root_, sink);
    give_push_certificates(sink);
    for (const auto wanted : {Holding::device, Holding::user, Holding::unreadable, Holding::nothing}) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (holdings[i] != wanted) continue;
            if (wanted == Holding::nothing)
                pass_over_queue(root_, ids[i], sink);
            else if (wanted == Holding::unreadable)
                sink.skip({ImportKind::device, ids[i], "its directory cannot be read", true});
            else
                give_enrollment(ids[i], associations, sink);
        }
    }
}

void NanoFileSource::give_push_certificates(ImportSink& sink) const {
    constexpr std::string_view certificate_ending = ".pem";
    std::vector<std::string> topics;
    root_.for_each([&topics, certificate_ending](const std::string& name, Directory::Kind kind) {
        if (kind == Directory::Kind::file && name.ends_with(certificate_ending))
            topics.push_back(name.substr(0, name.size() - certificate_ending.size()));
    });
    std::ranges::sort(topics);
    const auto file = [this](const std::string& name) {
        return readable([&] { return root_.file(name); }, [] {}); // what cannot be read is not there
    };
    for (const auto& topic : topics)
        give_push_certificate(topic, file(topic + ".pem"), file(topic + ".key"), sink);
}

void NanoFileSource::give_enrollment(const std::string& id, const Associations& associations,
                                     ImportSink& sink) const {
    Findings findings{sink, ImportKind::device, id};
    std::optional<ImportedEnrollment> enrollment;
    try {
        enrollment = read_enrollment(id, associations, findings);
    } catch (const Error& error) {
        if (error.code() != Errc::corrupt) throw;
        findings.lose("its directory cannot be read");
    }
    if (enrollment) sink.take(std::move(*enrollment));
}

std::optional<ImportedEnrollment> NanoFileSource::read_enrollment(const std::string& id,
                                                                  const Associations& associations,
                                                                  Findings& findings) const {
    const auto directory = root_.directory(id);
    if (!directory) return std::nullopt;
    EnrollmentReader reader{*directory, findings};
    auto stored = reader.read();
    auto queue = read_file_queue(*directory, findings);
    reader.seen_at(queue.last_report_at);
    stored.last_seen_at = reader.last_seen_at();
    auto enrollment = imported(
        std::move(stored), [this](const EnrollmentId& device) { return standing_of(root_, device); },
        findings);
    if (!enrollment) return std::nullopt;
    enrollment->commands = std::move(queue.commands);
    if (!enrollment->state.enrollment.is_user_channel()) {
        enrollment->certificate_hashes = associations.of(id);
        if (const auto own = reader.file("CertAuth.sha256.txt"))
            add_own_hash(*own, enrollment->certificate_hashes, findings);
        associate_identity(*enrollment, findings);
    }
    return enrollment;
}

} // namespace nanomdm::migrate
