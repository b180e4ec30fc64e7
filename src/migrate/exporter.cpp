// The order of messages within a device, and devices side by side.
#include "migrate/exporter.hpp"

#include "log/log.hpp"
#include "migrate/moved_messages.hpp"
#include "nanomdm/error.hpp"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace nanomdm::migrate {
namespace {

void log_left_out(const EnrollmentState& enrollment, const char* why) {
    log::info("not exported", {{"id", enrollment.enrollment.id.str()}, {"why", why}});
}

} // namespace

void Exporter::run() {
    retry_failed();
    while (!state_.is_complete()) {
        const auto page = source_.fleet.devices_after(state_.after(), options_.page);
        for_each_number(page.size(), [&](std::size_t i) {
            if (!state_.has_been_tried(page[i].enrollment.id)) export_one(page[i]);
        });
        if (!page.empty()) state_.finish_page(page.back().enrollment.id);
        if (page.size() < options_.page) state_.finish_all();
    }
}

void Exporter::retry_failed() {
    const auto ids = state_.failed();
    for_each_number(ids.size(), [&](std::size_t i) {
        const auto enrollment = source_.enrollments.enrollment(ids[i]);
        if (enrollment)
            export_one(*enrollment);
        else
            state_.note_finished(ids[i]); // gone since
    });
}

/// On a few threads. After an exception the others end soon, and it is thrown here.
void Exporter::for_each_number(std::size_t count, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::exception_ptr first_failure;
    const auto take_turns = [&] {
        try {
            for (auto number = next++; number < count && !stop_.stop_requested(); number = next++)
                work(number);
        } catch (...) {
            const std::lock_guard lock{mutex};
            if (!first_failure) first_failure = std::current_exception();
            stop_.request_stop();
        }
    };
    {
        std::vector<std::jthread> running;
        for (unsigned i = 0; i < options_.connections && i < count; ++i) running.emplace_back(take_turns);
    }
    if (first_failure) std::rethrow_exception(first_failure);
}

/// Stored bytes that are damaged are one enrollment's misfortune.
void Exporter::export_one(const EnrollmentState& enrollment) try {
    if (enrollment.enrollment.is_user_channel())
        export_user(enrollment);
    else
        export_device(enrollment);
} catch (const Error& error) {
    if (error.code() != Errc::corrupt) throw;
    fail(enrollment.enrollment.id, "stored messages", error.what());
}

void Exporter::export_device(const EnrollmentState& device) {
    const auto& id = device.enrollment.id;
    if (!device.enabled) {
        ++(device.push ? tally_.disabled_devices : tally_.unfinished_devices);
        log_left_out(device, device.push ? "disabled" : "its enrollment was never completed");
        state_.note_finished(id);
        return;
    }
    if (!send_device(device)) return; // its users would be refused
    const bool is_whole = send_bootstrap_token(device.enrollment);
    for (const auto& user : source_.fleet.user_channels(id))
        if (!state_.has_been_tried(user.enrollment.id)) export_one(user);
    ++tally_.devices;
    if (is_whole) state_.note_finished(id);
}

bool Exporter::send_device(const EnrollmentState& device) {
    const auto& id = device.enrollment.id;
    auto messages = source_.enrollments.messages(id);
    if (!messages.authenticate || !messages.token_update) {
        fail(id, "messages", "not stored");
        return false;
    }
    if (messages.unlock_token) {
        try {
            messages.token_update = with_unlock_token(*messages.token_update, *messages.unlock_token);
        } catch (const Error& error) {
            fail(id, "TokenUpdate", error.what());
            return false;
        }
    }
    if (!state_.has_authenticated(id)) {
        if (!send("Authenticate", id, *messages.authenticate)) return false;
        state_.note_authenticated(id);
    }
    if (!send("TokenUpdate", id, *messages.token_update)) return false;
    if (messages.unlock_token) ++tally_.unlock_tokens;
    return true;
}

bool Exporter::send_bootstrap_token(const Enrollment& device) {
    const auto token = source_.bootstrap_tokens.bootstrap_token(device.id);
    if (!token) return true;
    if (!send("SetBootstrapToken", device.id, set_bootstrap_token_message(device, *token))) return false;
    ++tally_.bootstrap_tokens;
    return true;
}

/// Its UserAuthenticate stays: it was part of an exchange that is over, and most servers decline it.
void Exporter::export_user(const EnrollmentState& user) {
    const auto& id = user.enrollment.id;
    if (!user.enabled) {
        ++tally_.disabled_users;
        log_left_out(user, user.push ? "disabled" : "its enrollment was never completed");
    } else {
        const auto message = source_.enrollments.messages(id).token_update;
        if (!message) return fail(id, "TokenUpdate", "not stored");
        if (!send("TokenUpdate", id, *message)) return;
        ++tally_.users;
    }
    state_.note_finished(id);
}

bool Exporter::send(const char* type, const EnrollmentId& id, const std::string& message) {
    const auto refusal = target_.send(message, stop_.get_token());
    if (refusal) fail(id, type, *refusal);
    return !refusal;
}

void Exporter::fail(const EnrollmentId& id, const char* message, const std::string& why) {
    ++tally_.failed;
    log::warning("not brought over", {{"id", id.str()}, {"message", message}, {"err", why}});
    state_.note_failed(id);
}

} // namespace nanomdm::migrate
