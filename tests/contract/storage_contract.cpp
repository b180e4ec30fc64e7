// The steps the suites share.
#include "contract/storage_contract.hpp"

#include <chrono>
#include <exception>
#include <latch>
#include <thread>

namespace nanomdm::contract {

void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

StorageContract::StorageContract() : instance_{GetParam().open_empty()} {}

void StorageContract::enroll(const Enrollment& device) {
    storage().store_authenticate(authenticate(device), "pem of " + device.id.str());
    storage().store_token_update(token_update(device));
}

void StorageContract::add_user(const Enrollment& user) { storage().store_token_update(token_update(user)); }

EnqueueOutcome StorageContract::enqueue(const Command& command, const Enrollment& enrollment) {
    return storage().enqueue(command, std::vector{enrollment.id}).at(0);
}

bool StorageContract::report(const Enrollment& enrollment, const Command& command, const std::string& status,
                             const std::string& raw) {
    return storage().store_report(command_report(enrollment, status, command.uuid.str(), raw));
}

std::string StorageContract::next(const Enrollment& enrollment, NotNow not_now) {
    const auto command = storage().next_command(enrollment.id, not_now);
    return command ? command->uuid.str() : "";
}

std::vector<std::string> StorageContract::drain(const Enrollment& enrollment) {
    std::vector<std::string> delivered;
    while (const auto command = storage().next_command(enrollment.id, NotNow::candidates)) {
        delivered.push_back(command->uuid.str());
        // A command that an acknowledgement does not finish would come back for ever.
        if (!report(enrollment, *command, "Acknowledged")) {
            ADD_FAILURE() << command->uuid.str() << " was delivered and its report is unknown";
            break;
        }
    }
    return delivered;
}

void ImportTest::expect_left_alone(const ImportedEnrollment& enrollment) {
    const EnrollmentId& id = enrollment.state.enrollment.id;
    for (int again = 0; again < 2; ++again) {
        const auto before = storage().enrollment(id);
        const auto messages = storage().messages(id);
        for (const auto& outcome : {look(enrollment), import(enrollment)}) {
            EXPECT_EQ(outcome.enrollment, ImportOutcome::Enrollment::enrolled_here) << id.str();
            EXPECT_EQ(outcome.commands, 0U);
        }
        EXPECT_EQ(storage().enrollment(id), before);
        EXPECT_EQ(storage().messages(id).token_update, messages.token_update);
        EXPECT_EQ(storage().messages(id).unlock_token, messages.unlock_token);
        if (!reopen()) break;
    }
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{15};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return true;
}

void in_parallel(int count, const std::function<void(int)>& work) {
    std::latch start{count};
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < count; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                try {
                    work(i);
                } catch (...) {
                    failures[static_cast<std::size_t>(i)] = std::current_exception();
                }
            });
        }
    }
    for (const auto& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
}

} // namespace nanomdm::contract
