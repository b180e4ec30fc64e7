// The keys of an enrollment, gathered from the buckets.
#include "migrate/nanomdm/filekv_source.hpp"

#include "crypto/pem.hpp"
#include "migrate/nanomdm/associations.hpp"
#include "migrate/nanomdm/filekv_queue.hpp"
#include "migrate/nanomdm/findings.hpp"
#include "migrate/nanomdm/store_kind.hpp"
#include "migrate/nanomdm/stored_enrollment.hpp"
#include "migrate/nanomdm/stored_push_certificate.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::migrate {
namespace {

using Leaf = FileKvBucket::Leaf;
using Endings = std::span<const std::string_view>;

constexpr std::array<std::string_view, 2> device_messages{".auth", ".tok_upd"};
constexpr std::array<std::string_view, 3> user_messages{".tok_upd", ".user_auth", ".user_auth_digest"};
constexpr std::array<std::string_view, 1> types{".type"};
constexpr std::array<std::string_view, 1> pems{".pem"};
constexpr std::array<std::string_view, 1> hash_keys{".hash_cert"};
constexpr std::array<std::string_view, 1> id_keys{".cert_hash"};

/// What keys of a leaf are made of: `X` of each `X` + ending, in order, each once.
std::vector<std::string> stems_in(const FileKvBucket& bucket, const Leaf& leaf, Endings endings) {
    std::vector<std::string> stems;
    bucket.for_each_key(leaf, [&stems, endings](const std::string& key) {
        for (const auto ending : endings) {
            if (key.ends_with(ending) && key.size() > ending.size())
                stems.push_back(key.substr(0, key.size() - ending.size()));
        }
    });
    std::ranges::sort(stems);
    const auto repeated = std::ranges::unique(stems);
    stems.erase(repeated.begin(), repeated.end());
    return stems;
}

bool has_any(const FileKvBucket& bucket, const std::string& id, Endings endings) {
    return std::ranges::any_of(endings,
                               [&bucket, &id](auto ending) { return bucket.has(id + std::string{ending}); });
}

/// Microseconds since the epoch, in decimal.
std::optional<TimePoint> time_of(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    std::int64_t microseconds = 0;
    const auto* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, microseconds);
    // Beyond it, TimePoint's nanoseconds overflow.
    constexpr std::int64_t largest = std::int64_t{1} << 53;
    if (parsed.ec != std::errc{} || parsed.ptr != end || microseconds <= 0 || microseconds > largest)
        return std::nullopt;
    return TimePoint{std::chrono::microseconds{microseconds}};
}

} // namespace

class NanoFileKvSource::Reading {
public:
    Reading(const Directory& root, std::size_t names_held, ImportSink& sink)
        : devices_{root, "devices"}, users_{root, "users"}, enrollments_{root, "enrollments"},
          certificates_{root, "cert_auth"}, push_certificates_{root, "push_cert", "com.apple.mgmt.External."},
          queues_{root, names_held}, sink_{sink} {}

    void run() {
        sink_.expect(count(devices_, device_messages) + count(users_, user_messages));
        read_associations();
        give_push_certificates();
        give_enrollments(devices_, device_messages);
        give_enrollments(users_, user_messages);
        lose_enrollments_without_messages();
        pass_over_queues();
    }

private:
    static std::uint64_t count(const FileKvBucket& bucket, Endings endings) {
        std::uint64_t count = 0;
        for (const auto& leaf : bucket.leaves()) count += stems_in(bucket, leaf, endings).size();
        return count;
    }

    void give_push_certificates() {
        const auto file = [this](const std::string& key) {
            return readable([&] { return push_certificates_.file(key); }, [] {}); // then it is not there
        };
        for (const auto& leaf : push_certificates_.leaves()) {
            for (const auto& topic : stems_in(push_certificates_, leaf, pems))
                give_push_certificate(topic, file(topic + ".pem"), file(topic + ".key"), sink_);
        }
    }

    /// Of a device's certificates, `cert_hash` knows the last, `hash_cert` each.
    void read_associations() {
        for (const auto& leaf : certificates_.leaves()) {
            for (const auto& hash : stems_in(certificates_, leaf, hash_keys))
                associate(
                    hash, [this, &hash](const std::string& id) { return associations_.add(id, hash); },
                    hash + ".hash_cert", true);
            for (const auto& id : stems_in(certificates_, leaf, id_keys))
                associate(
                    id, [this, &id](const std::string& hash) { return associations_.add(id, hash); },
                    id + ".cert_hash", false);
        }
        associations_.sort();
    }

    /// @param name what to call it in a report
    template <class Add>
    void associate(const std::string& name, Add add, const std::string& key, bool value_is_id) {
        const auto skip = [this, &name](const char* reason, bool is_failure) {
            sink_.skip({ImportKind::certificate_association, name, reason, is_failure});
        };
        try {
            const auto file = certificates_.file(key);
            if (!file) return;
            const auto& id = value_is_id ? file->bytes : name;
            if (!has_any(devices_, id.substr(0, id.find(':')), device_messages))
                skip("it is of an ID that never enrolled", false);
            else if (!add(file->bytes))
                skip("it holds no SHA-256", true);
        } catch (const Error& error) {
            if (error.code() != Errc::corrupt) throw;
            skip("its file cannot be read", true);
        }
    }

    void give_enrollments(const FileKvBucket& bucket, Endings endings) {
        for (const auto& leaf : bucket.leaves()) {
            auto ids = stems_in(bucket, leaf, endings);
            // Those whose queues are read together, together.
            std::vector<std::pair<std::size_t, std::string>> ordered;
            ordered.reserve(ids.size());
            for (auto& id : ids) {
                const auto part = queues_.part_of(id);
                ordered.emplace_back(part, std::move(id));
            }
            std::ranges::sort(ordered);
            for (const auto& [part, id] : ordered) give_enrollment(id);
        }
    }

    void give_enrollment(const std::string& id) {
        Findings findings{sink_, id.find(':') == std::string::npos ? ImportKind::device : ImportKind::user,
                          id};
        std::optional<ImportedEnrollment> enrollment;
        try {
            enrollment = read_enrollment(id, findings);
        } catch (const Error& error) {
            if (error.code() != Errc::corrupt) throw;
            findings.lose("the store cannot be read where it lies");
        }
        if (enrollment) sink_.take(std::move(*enrollment));
    }

    std::optional<ImportedEnrollment> read_enrollment(const std::string& id, Findings& findings) {
        auto enrollment = imported(
            stored(id, findings), [this](const EnrollmentId& device) { return standing_of(device.str()); },
            findings);
        if (!enrollment) return std::nullopt;
        const auto& device = enrollment->state.enrollment.device().str();
        enrollment->commands = queues_.commands_of(id, devices_.modified_at(device + ".auth"), findings);
        if (!enrollment->state.enrollment.is_user_channel()) {
            enrollment->certificate_hashes = associations_.of(id);
            associate_identity(*enrollment, findings);
        }
        return enrollment;
    }

    DeviceStanding standing_of(const std::string& device) const {
        if (!has_any(devices_, device, device_messages)) return DeviceStanding::absent;
        return enrollments_.has(device + ".disabled") ? DeviceStanding::disabled : DeviceStanding::enabled;
    }

    StoredEnrollment stored(const std::string& id, Findings& findings) const {
        const auto file = [&findings, &id](const FileKvBucket& bucket, const char* ending) {
            return readable([&] { return bucket.file(id + ending); },
                            [&findings] { findings.remark("one of its files cannot be read"); });
        };
        const auto bytes = [&file](const FileKvBucket& bucket, const char* ending) {
            auto read = file(bucket, ending);
            return read ? std::optional{std::move(read->bytes)} : std::nullopt;
        };
        auto bootstrap_token =
            readable([&] { return devices_.file(id + ".bstoken"); },
                     [&findings] { findings.lose_bootstrap_token("its file cannot be read"); });
        StoredEnrollment stored{
            .authenticate = file(devices_, ".auth"),
            .token_update = file(devices_, ".tok_upd"),
            .user_authenticate = file(users_, ".user_auth"),
            .user_authenticate_digest = file(users_, ".user_auth_digest"),
            .unlock_token = bytes(enrollments_, ".unl_tok"),
            .serial_number = bytes(devices_, ".serial"),
            .tally = bytes(enrollments_, ".tok_tal"),
            .is_disabled = enrollments_.has(id + ".disabled"),
            .last_seen_at = time_of(bytes(enrollments_, ".last_seen_at")),
            .spare = {.type = bytes(enrollments_, ".type"),
                      .device = bytes(users_, ".device_ch"),
                      .topic = bytes(enrollments_, ".topic"),
                      .push_magic = bytes(enrollments_, ".push_magic"),
                      .token = bytes(enrollments_, ".token")},
        };
        if (bootstrap_token) stored.bootstrap_token = std::move(bootstrap_token->bytes);
        if (!stored.token_update) stored.token_update = file(users_, ".tok_upd");
        if (const auto der = bytes(devices_, ".cert"))
            stored.identity_pem = crypto::write_pem("CERTIFICATE", *der);
        const auto enrolled_at = time_of(bytes(enrollments_, ".enrolled_at"));
        stored.token_updated_at = token_updated_at(stored, enrolled_at);
        return stored;
    }

    /// Only the first TokenUpdate's time is stored. The file's own is the last one's, unless the store was
    /// copied without its times.
    static std::optional<TimePoint> token_updated_at(const StoredEnrollment& stored,
                                                     std::optional<TimePoint> enrolled_at) {
        if (!stored.token_update) return enrolled_at;
        if (enrolled_at && stored.tally == "1") return enrolled_at;
        auto time = stored.token_update->modified_at;
        if (stored.last_seen_at) time = std::min(time, *stored.last_seen_at);
        return enrolled_at ? std::max(time, *enrolled_at) : time;
    }

    bool is_known(const std::string& id) const {
        return has_any(devices_, id, device_messages) || has_any(users_, id, user_messages);
    }

    void lose_enrollments_without_messages() {
        for (const auto& leaf : enrollments_.leaves()) {
            for (const auto& id : stems_in(enrollments_, leaf, types)) {
                if (!is_known(id))
                    sink_.skip({ImportKind::device, id, "none of its messages is there", true});
            }
        }
    }

    void pass_over_queues() {
        for (const auto& leaf : queues_.leaves()) {
            for (const auto& id : queues_.queued_ids(leaf)) {
                if (is_known(id)) continue;
                Findings findings{sink_, ImportKind::device, id};
                for (const auto& uuid : queues_.pending_names(id))
                    findings.pass_over_command(uuid, "it was queued for an ID that never enrolled");
            }
        }
    }

    const FileKvBucket devices_;
    const FileKvBucket users_;
    const FileKvBucket enrollments_;
    const FileKvBucket certificates_;
    const FileKvBucket push_certificates_;
    FileKvQueues queues_;
    Associations associations_;
    ImportSink& sink_;
};

NanoFileKvSource::NanoFileKvSource(const std::string& directory, std::size_t names_held)
    : root_{open_filekv_store(directory)}, names_held_{names_held} {}
NanoFileKvSource::~NanoFileKvSource() = default;

void NanoFileKvSource::read(ImportSink& sink) { Reading{root_, names_held_, sink}.run(); }

} // namespace nanomdm::migrate
