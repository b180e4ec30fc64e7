// Builds the samples; every value is made from what the test passes, so that a mix-up shows.
#include "contract/samples.hpp"

#include <cstdio>
#include <utility>

namespace nanomdm::contract {
namespace {

Message message(const Enrollment& enrollment, const std::string& raw) {
    Identifiers sent;
    sent.udid = enrollment.device().str();
    return {std::move(sent), enrollment, raw};
}

} // namespace

Enrollment device(const std::string& udid) {
    return {.id = EnrollmentId{udid}, .type = EnrollmentType::device, .parent = std::nullopt};
}

Enrollment user_of(const Enrollment& device, const std::string& user_id) {
    return {.id = EnrollmentId{device.id.str() + ":" + user_id},
            .type = EnrollmentType::user,
            .parent = device.id};
}

Authenticate authenticate(const Enrollment& device, const std::string& raw) {
    return {message(device, raw), Topic{"com.apple.mgmt.External.sample"}, SerialNumber{"SERIAL1"}};
}

TokenUpdate token_update(const Enrollment& enrollment, const std::string& raw,
                         const std::string& unlock_token) {
    const std::string own = enrollment.id.str().substr(0, 60);
    return {message(enrollment, raw),
            PushInfo{Topic{"com.apple.mgmt.External.sample"}, PushMagic{"magic"}, PushToken{"token " + own}},
            unlock_token, UserName{enrollment.is_user_channel() ? "short" : ""},
            UserName{enrollment.is_user_channel() ? "Long Name" : ""}};
}

CheckOut check_out(const Enrollment& enrollment) { return {message(enrollment, "<check out>")}; }

UserAuthenticate user_authenticate(const Enrollment& user, const std::string& raw,
                                   const std::string& digest_response) {
    return {message(user, raw), digest_response};
}

SetBootstrapToken set_bootstrap_token(const Enrollment& enrollment, const std::string& token) {
    return {message(enrollment, "<set bootstrap token>"), token};
}

CommandReport command_report(const Enrollment& enrollment, const std::string& status, const std::string& uuid,
                             const std::string& raw) {
    return {message(enrollment, raw), ReportStatus{status}, CommandUuid{uuid}};
}

Command command(const std::string& uuid) {
    return {CommandUuid{uuid}, RequestType{"DeviceInformation"}, "<plist>" + uuid + "</plist>"};
}

std::vector<Command> commands(const std::string& prefix, int count) {
    std::vector<Command> all;
    for (int i = 1; i <= count; ++i) all.push_back(command(prefix + std::to_string(i)));
    return all;
}

std::vector<std::string> uuids(const std::vector<Command>& commands) {
    std::vector<std::string> all;
    for (const auto& one : commands) all.push_back(one.uuid.str());
    return all;
}

std::vector<EnrollmentId> ids(const std::vector<Enrollment>& enrollments) {
    std::vector<EnrollmentId> all;
    for (const auto& one : enrollments) all.push_back(one.id);
    return all;
}

std::string certificate_hash(unsigned number) {
    char text[65];
    std::snprintf(text, sizeof text, "%056x%08x", 0xc0ffeeU, number);
    return text;
}

IdentityCertificate certificate(unsigned number) {
    return {.hash = certificate_hash(number),
            .der = "der " + std::to_string(number),
            .pem = "pem " + std::to_string(number),
            .not_before = {},
            .not_after = {}};
}

std::string binary_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i & 0xFF);
    return bytes;
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

} // namespace nanomdm::contract
