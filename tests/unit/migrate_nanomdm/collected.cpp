// Searching what was collected, and printing all of it.
#include "collected.hpp"

#include "migrate/nanomdm/file_source.hpp"
#include "migrate/nanomdm/filekv_source.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <sstream>

namespace nanomdm::migrate {
namespace {

void print(std::ostream& out, const char* name, const std::optional<std::string>& value) {
    out << ' ' << name << '=' << value.value_or("(none)");
}

void print(std::ostream& out, const char* name, const std::optional<TimePoint>& value) {
    out << ' ' << name << '=' << (value ? value->time_since_epoch().count() : -1);
}

void print(std::ostream& out, const ImportedEnrollment& enrollment) {
    const auto& state = enrollment.state;
    out << state.enrollment.id.str() << ' ' << to_string(state.enrollment.type) << ' ' << state.enabled << ' '
        << state.token_update_tally << ' ' << state.serial_number << ' ' << state.user_short_name;
    if (state.push)
        out << ' ' << state.push->topic.str() << ' ' << state.push->magic.str() << ' '
            << state.push->token.hex();
    print(out, "seen", state.last_seen_at);
    print(out, "updated", enrollment.token_updated_at);
    print(out, "authenticate", enrollment.messages.authenticate);
    print(out, "token_update", enrollment.messages.token_update);
    print(out, "unlock", enrollment.messages.unlock_token);
    print(out, "user_authenticate", enrollment.messages.user_authenticate);
    print(out, "digest", enrollment.messages.user_authenticate_digest);
    print(out, "identity", enrollment.identity_pem);
    print(out, "bootstrap", enrollment.bootstrap_token);
    for (const auto& hash : enrollment.certificate_hashes) out << ' ' << hash;
    for (const auto& entry : queue_of(enrollment)) out << ' ' << entry;
    out << '\n';
}

} // namespace

bool Collected::has(const std::string& id) const { return std::ranges::count(ids(), id) != 0; }

const ImportedEnrollment& Collected::operator[](const std::string& id) const {
    const auto found = std::ranges::find_if(
        enrollments, [&id](const auto& enrollment) { return enrollment.state.enrollment.id.str() == id; });
    if (found != enrollments.end()) return *found;
    ADD_FAILURE() << id << " was not imported";
    static const ImportedEnrollment none{
        {Enrollment{EnrollmentId{"none"}, EnrollmentType::device, {}}, false, 0, {}, {}, {}, {}, {}}, {}};
    return none;
}

std::vector<std::string> Collected::ids() const {
    std::vector<std::string> ids;
    for (const auto& enrollment : enrollments) ids.push_back(enrollment.state.enrollment.id.str());
    return ids;
}

std::vector<std::string> Collected::remarks_on(const std::string& id) const {
    std::vector<std::string> texts;
    for (const auto& remark : remarks) {
        if (remark.id == id) texts.push_back(remark.text);
    }
    return texts;
}

std::vector<std::string> Collected::skips_of(const std::string& id) const {
    std::vector<std::string> reasons;
    for (const auto& skipped : skips) {
        if (skipped.id == id) reasons.push_back((skipped.is_failure ? "!" : "") + skipped.reason);
    }
    return reasons;
}

std::string Collected::text() const {
    std::ostringstream out;
    for (const auto& certificate : push_certificates) out << certificate.topic.str() << '\n';
    for (const auto& enrollment : enrollments) print(out, enrollment);
    for (const auto& skipped : skips) out << skipped.id << ": " << skipped.reason << '\n';
    for (const auto& remark : remarks) out << remark.id << ": " << remark.text << '\n';
    return out.str();
}

std::unique_ptr<ImportSource> open_source(test::NanoKind kind, const std::filesystem::path& directory) {
    if (kind == test::NanoKind::file) return std::make_unique<NanoFileSource>(directory.string());
    return std::make_unique<NanoFileKvSource>(directory.string());
}

Collected read_all(ImportSource& source) {
    Collected collected;
    source.read(collected);
    return collected;
}

Collected read_all(test::NanoKind kind, const std::filesystem::path& directory) {
    return read_all(*open_source(kind, directory));
}

std::vector<std::string> queue_of(const ImportedEnrollment& enrollment) {
    std::vector<std::string> queue;
    for (const auto& imported : enrollment.commands) {
        auto text = (imported.is_cleared ? "-" : "") + imported.command.uuid.str();
        if (imported.result) text += "+" + imported.result->status.str();
        queue.push_back(std::move(text));
    }
    return queue;
}

} // namespace nanomdm::migrate
