// Collects what each record will change in the plain files. Ten records on one enrollment cost one write.
#include "storage/file/unwritten.hpp"

#include <utility>

namespace nanomdm::storage::file {
namespace {

constexpr std::size_t cost_of_entry = 400;
constexpr std::size_t cost_of_result = 250;
constexpr std::size_t cost_of_id = 90;
constexpr std::size_t cost_of_event = 350;
constexpr std::size_t cost_of_visit = 250;

std::size_t size_of(const Bytes& bytes) noexcept { return bytes ? bytes->size() : 0; }

} // namespace

void Unwritten::add(Lsn lsn, const Record& record) {
    std::visit([this, lsn](const auto& one) { add_one(lsn, one); }, record);
    newest_ = lsn;
}

const EnrollmentChanges* Unwritten::enrollment(std::string_view id) const {
    const auto found = enrollments.find(id);
    return found == enrollments.end() ? nullptr : &found->second;
}

const CommandChanges* Unwritten::command(std::string_view uuid) const {
    const auto found = commands.find(uuid);
    return found == commands.end() ? nullptr : &found->second;
}

std::shared_ptr<const EventRecord> Unwritten::event(Lsn recorded) const {
    const auto found = events.find(recorded);
    if (found == events.end()) return nullptr;
    return std::get<std::shared_ptr<const EventRecord>>(found->second);
}

void Unwritten::forget_event(Lsn recorded) {
    const auto event = this->event(recorded);
    if (!event) return;
    event_bytes_ -= cost_of_event + size_of(event->body);
    events.erase(recorded);
}

Unwritten Unwritten::take_events() {
    Unwritten taken;
    taken.events = std::exchange(events, {});
    taken.event_bytes_ = std::exchange(event_bytes_, 0);
    taken.newest_ = newest_;
    return taken;
}

EnrollmentChanges& Unwritten::touch(const std::string& id) {
    const auto [at, is_new] = enrollments.try_emplace(id);
    if (is_new) bytes_ += cost_of_entry;
    return at->second;
}

void Unwritten::put(EnrollmentChanges& changes, Body body, const Bytes& bytes) {
    auto& change = changes.bodies[number_of(body)];
    bytes_ += size_of(bytes);
    bytes_ -= size_of(change.bytes);
    change = {true, bytes};
}

void Unwritten::drop(const std::string& uuid) {
    CommandChanges& command = commands[uuid];
    bytes_ += cost_of_entry;
    bytes_ -= size_of(command.body);
    command = {};
    command.is_dropped = true;
}

void Unwritten::add_one(Lsn, const AuthenticateRecord& record) {
    EnrollmentChanges& changes = touch(record.id);
    put(changes, Body::authenticate, record.raw);
    put(changes, Body::identity, record.identity_pem);
    put(changes, Body::bootstrap_token, nullptr);
    put(changes, Body::unlock_token, nullptr);
    for (const auto& user : record.users) put(touch(user), Body::unlock_token, nullptr);
    for (const auto& uuid : record.dropped_commands) drop(uuid);
}

void Unwritten::add_one(Lsn, const TokenUpdateRecord& record) {
    EnrollmentChanges& changes = touch(record.id);
    put(changes, Body::token_update, record.raw);
    if (record.unlock_token) put(changes, Body::unlock_token, record.unlock_token);
}

void Unwritten::add_one(Lsn, const CheckOutRecord& record) {
    touch(record.id);
    for (const auto& user : record.users) touch(user);
}

void Unwritten::add_one(Lsn, const UserAuthenticateRecord& record) {
    put(touch(record.id), record.has_digest ? Body::user_authenticate_digest : Body::user_authenticate,
        record.raw);
}

void Unwritten::add_one(Lsn, const BootstrapTokenRecord& record) {
    put(touch(record.device), Body::bootstrap_token, record.token);
}

void Unwritten::add_one(Lsn, const CertificateRecord& record) {
    EnrollmentChanges& changes = touch(record.device);
    if (record.pem) put(changes, Body::identity, record.pem);
}

void Unwritten::add_one(Lsn lsn, const EnqueueRecord& record) {
    const auto [at, is_new] = commands.try_emplace(record.uuid);
    CommandChanges& command = at->second;
    if (is_new) bytes_ += cost_of_entry;
    if (record.body) {
        bytes_ += record.body->size();
        command.body = record.body;
    }
    command.request_type = record.request_type;
    command.recipients.push_back({lsn, record.at, record.ids});
    bytes_ += record.ids.size() * cost_of_id;
    for (const auto& id : record.ids) touch(id);
}

void Unwritten::add_one(Lsn lsn, const ReportRecord& record) {
    EnrollmentChanges& changes = touch(record.id);
    if (record.drops_results) {
        for (const auto& result : changes.results) bytes_ -= cost_of_result + size_of(result.raw);
        changes.results.clear();
        changes.drops_results = true;
    }
    if (record.is_kept) {
        changes.results.push_back({lsn, record.at, record.uuid, record.status, record.not_now_tally,
                                   record.first_not_now, record.raw});
        bytes_ += cost_of_result + size_of(record.raw);
    } else if (record.not_now_tally > 0 && !record.drops_results) {
        // The file stays for other commands: say in it that this one's results are forgotten.
        changes.results.push_back(
            {.lsn = lsn, .at = record.at, .uuid = record.uuid, .status = "", .raw = shared_bytes("")});
        bytes_ += cost_of_result;
    }
    if (record.drops_command) drop(record.uuid);
}

void Unwritten::add_one(Lsn, const NotPushableRecord& record) { touch(record.id); }
void Unwritten::add_one(Lsn, const PushCertificateRecord& record) { push_topics.insert(record.topic); }
void Unwritten::add_one(Lsn, const DropCommandsRecord& record) {
    for (const auto& uuid : record.uuids) drop(uuid);
}

void Unwritten::add_one(Lsn lsn, const EventRecord& record) {
    if (record.effect) std::visit([&](const auto& one) { add_one(lsn, one); }, record.effect->record);
    auto event = std::make_shared<EventRecord>(record);
    event->effect = nullptr;
    event_bytes_ += cost_of_event + size_of(event->body);
    events.emplace(lsn, std::move(event));
}

void Unwritten::add_one(Lsn lsn, const VisitRecord& record) {
    events.emplace(lsn, record);
    event_bytes_ += cost_of_visit;
}
void Unwritten::add_one(Lsn lsn, const ReplayRecord& record) {
    events.emplace(lsn, record);
    event_bytes_ += cost_of_visit;
}
void Unwritten::add_one(Lsn lsn, const ShedRecord& record) {
    events.emplace(lsn, record);
    event_bytes_ += cost_of_visit + record.lanes.size() * cost_of_id;
}

// Last seen lies in the snapshot and beside it.
void Unwritten::add_one(Lsn, const LastSeenRecord&) {}
void Unwritten::add_one(Lsn, const CheckpointRecord&) {}

} // namespace nanomdm::storage::file
