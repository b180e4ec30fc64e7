// The state of an enrollment from its messages and the files beside them.
#include "migrate/nanomdm/stored_enrollment.hpp"

#include "crypto/digest.hpp"
#include "crypto/pem.hpp"
#include "encoding/trimmed.hpp"
#include "migrate/nanomdm/identification.hpp"

#include <charconv>
#include <utility>

namespace nanomdm::migrate {
namespace {

std::optional<std::string> unless_empty(std::optional<std::string> bytes) {
    return bytes && bytes->empty() ? std::nullopt : std::move(bytes);
}

/// The message's own comes first: NanoMDM's copy stays behind when a later Authenticate has none.
std::string serial_number_of(const ReadMessages& messages, const StoredEnrollment& stored) {
    if (messages.authenticate && !messages.authenticate->serial_number.empty())
        return messages.authenticate->serial_number.str();
    try {
        return SerialNumber{std::string{trimmed(stored.serial_number.value_or(""), blanks_and_line_ends)}}
            .str();
    } catch (const Error&) {
        return {};
    }
}

/// A webhook takes 1 for «newly enrolled», so an enabled enrollment must not count from 0 again.
int tally_of(const StoredEnrollment& stored, bool is_enabled, Findings& findings) {
    int tally = 0;
    if (stored.tally) {
        const auto text = trimmed(*stored.tally, blanks_and_line_ends);
        const auto end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, tally);
        if (parsed.ec != std::errc{} || parsed.ptr != end || tally < 0) {
            findings.remark("its count of TokenUpdates cannot be read");
            tally = 0;
        }
    }
    return is_enabled && tally == 0 ? 1 : tally;
}

std::optional<std::string> certificate_der(const std::string& pem) {
    for (const auto& block : crypto::read_pem(pem)) {
        if (block.label == "CERTIFICATE" && block.der && !block.der->empty()) return block.der;
    }
    return std::nullopt;
}

std::optional<std::string> identity_of(std::optional<std::string> pem, Findings& findings) {
    if (!pem || certificate_der(*pem)) return pem;
    findings.remark("its identity certificate cannot be read");
    return std::nullopt;
}

/// The TokenUpdate's names are the ones a server goes by; until it comes there are the other messages'.
void take_names(const ReadMessages& messages, EnrollmentState& state) {
    if (messages.token_update) {
        state.user_short_name = messages.token_update->user_short_name.str();
        state.user_long_name = messages.token_update->user_long_name.str();
    } else if (const auto* message = messages.any(); message != nullptr) {
        state.user_short_name = message->identifiers.user_short_name;
        state.user_long_name = message->identifiers.user_long_name;
    }
}

EnrollmentMessages raw_messages(ReadMessages& messages, StoredEnrollment& stored) {
    EnrollmentMessages raw;
    if (messages.authenticate) raw.authenticate = std::move(messages.authenticate->raw);
    if (messages.user_authenticate) raw.user_authenticate = std::move(messages.user_authenticate->raw);
    if (messages.user_authenticate_digest)
        raw.user_authenticate_digest = std::move(messages.user_authenticate_digest->raw);
    raw.unlock_token = unless_empty(std::move(stored.unlock_token));
    if (messages.token_update) {
        if (!raw.unlock_token) raw.unlock_token = unless_empty(messages.token_update->unlock_token);
        raw.token_update = std::move(messages.token_update->raw);
    }
    return raw;
}

std::optional<Enrollment> enrollment_of(const ReadMessages& messages, const StoredEnrollment& stored,
                                        Findings& findings) {
    auto enrollment = messages.any() != nullptr ? messages.any()->enrollment
                                                : spare_enrollment(findings.id(), stored.spare);
    if (!enrollment) findings.lose("none of its messages can be read");
    return enrollment;
}

/// @return false when it cannot come over
bool fill_in_messages(const Enrollment& enrollment, const StoredEnrollment& stored, ReadMessages& messages,
                      Findings& findings) {
    if (!messages.token_update) {
        messages.token_update = made_token_update(enrollment, stored.spare);
        if (messages.token_update)
            findings.remark("its TokenUpdate message was made from what the store knows of it");
        else if (!stored.is_disabled && (stored.token_update || !enrollment.is_user_channel()))
            findings.remark("it has no TokenUpdate message that can be read: it comes over disabled");
    }
    if (messages.authenticate || enrollment.is_user_channel()) return true;
    std::optional<Topic> topic;
    if (messages.token_update) topic = messages.token_update->push.topic;
    messages.authenticate = made_authenticate(enrollment, topic, serial_number_of(messages, stored));
    if (!messages.authenticate) {
        findings.lose("its Authenticate message cannot be made again");
        return false;
    }
    findings.remark("its Authenticate message was made from what the store knows of it");
    return true;
}

} // namespace

std::optional<ImportedEnrollment> imported(StoredEnrollment stored, const FindDevice& find_device,
                                           Findings& findings) {
    auto messages = read_messages(stored, findings);
    auto enrollment = enrollment_of(messages, stored, findings);
    if (!enrollment) return std::nullopt;
    findings.set_kind(enrollment->is_user_channel() ? ImportKind::user : ImportKind::device);

    auto standing = DeviceStanding::enabled;
    if (enrollment->is_user_channel()) standing = find_device(*enrollment->parent);
    if (standing == DeviceStanding::absent) {
        findings.lose("its device is not in the store");
        return std::nullopt;
    }
    if (!fill_in_messages(*enrollment, stored, messages, findings)) return std::nullopt;

    ImportedEnrollment result{
        .state = {*enrollment, false, 0, {}, std::nullopt, std::nullopt, {}, {}},
        .messages = {},
    };
    auto& state = result.state;
    state.enabled = !stored.is_disabled && messages.token_update;
    if (state.enabled && standing == DeviceStanding::disabled) {
        state.enabled = false;
        findings.remark("its device is disabled, so it comes over disabled too");
    }
    state.token_update_tally = tally_of(stored, state.enabled, findings);
    if (messages.token_update) state.push = messages.token_update->push;
    state.last_seen_at = stored.last_seen_at;
    take_names(messages, state);
    if (messages.token_update) result.token_updated_at = stored.token_updated_at;
    if (!enrollment->is_user_channel()) {
        state.serial_number = serial_number_of(messages, stored);
        result.identity_pem = identity_of(std::move(stored.identity_pem), findings);
        result.bootstrap_token = unless_empty(std::move(stored.bootstrap_token));
    }
    result.messages = raw_messages(messages, stored);
    return result;
}

void associate_identity(ImportedEnrollment& device, Findings& findings) {
    if (!device.certificate_hashes.empty() || !device.identity_pem) return;
    const auto der = certificate_der(*device.identity_pem);
    if (!der) return;
    device.certificate_hashes.push_back(sha256_hex(*der));
    findings.remark("no certificate was associated with it: the one that it enrolled with was");
}

} // namespace nanomdm::migrate
