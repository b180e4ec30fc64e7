#include "contract/imports.hpp"

#include <chrono>

namespace nanomdm::contract {

TimePoint at_second(std::int64_t since_epoch) { return TimePoint{std::chrono::seconds{since_epoch}}; }

ImportedEnrollment imported_device(const std::string& udid, unsigned certificate) {
    const Enrollment enrollment = device(udid);
    return {.state = {.enrollment = enrollment,
                      .enabled = true,
                      .token_update_tally = 3,
                      .serial_number = "SERIAL-" + udid,
                      .push = token_update(enrollment).push,
                      .last_seen_at = at_second(1'700'000'000),
                      .user_short_name = "",
                      .user_long_name = ""},
            .messages = {.authenticate = "<authenticate " + udid + ">",
                         .token_update = "<token update " + udid + ">",
                         .unlock_token = binary_bytes(300),
                         .user_authenticate = std::nullopt,
                         .user_authenticate_digest = std::nullopt},
            .token_updated_at = at_second(1'600'000'000),
            .identity_pem = "pem of " + udid,
            .certificate_hashes = {certificate_hash(certificate)},
            .bootstrap_token = binary_bytes(100) + udid};
}

ImportedEnrollment imported_user(const ImportedEnrollment& device, const std::string& user_id) {
    const Enrollment enrollment = user_of(device.state.enrollment, user_id);
    return {.state = {.enrollment = enrollment,
                      .enabled = true,
                      .token_update_tally = 2,
                      .serial_number = "",
                      .push = token_update(enrollment).push,
                      .last_seen_at = at_second(1'700'000'100),
                      .user_short_name = "short " + user_id,
                      .user_long_name = "Long " + user_id},
            .messages = {.authenticate = std::nullopt,
                         .token_update = "<token update " + user_id + ">",
                         .unlock_token = std::nullopt,
                         .user_authenticate = "<user authenticate>",
                         .user_authenticate_digest = "<digest>"},
            .token_updated_at = at_second(1'600'000'100)};
}

ImportedCommand pending(const Command& command) {
    return {.command = command, .enqueued_at = at_second(1'690'000'000)};
}

ImportedCommand not_now(const Command& command, int tally) {
    auto imported = pending(command);
    imported.result = StoredResult{.status = ReportStatus{"NotNow"},
                                   .raw = "<not now>",
                                   .not_now_tally = tally,
                                   .first_not_now_at = at_second(1'690'000'500)};
    return imported;
}

ImportedCommand finished(const Command& command, const std::string& status) {
    auto imported = pending(command);
    imported.result = StoredResult{.status = ReportStatus{status},
                                   .raw = "<result of " + command.uuid.str() + ">",
                                   .not_now_tally = 0,
                                   .first_not_now_at = std::nullopt};
    return imported;
}

ImportedCommand cleared(const Command& command) {
    auto imported = pending(command);
    imported.is_cleared = true;
    return imported;
}

} // namespace nanomdm::contract
