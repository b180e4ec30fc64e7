// The contract every storage backend keeps. A backend's test program describes itself as a Backend
// and instantiates all suites by one line: NANOMDM_STORAGE_CONTRACT(name, backend).
#pragma once

#include "nanomdm/storage/storage.hpp"

#include "contract/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nanomdm::contract {

/// One open store, and what it lives in (a temporary directory, a database) until destruction.
class Instance {
public:
    virtual ~Instance() = default;
    virtual AllStorage& storage() = 0;
    /// Closes the store and opens the same one again, with a new storage().
    /// @return false when the backend keeps nothing: the tests of persistence are skipped then.
    virtual bool reopen() = 0;
};

struct Backend {
    std::string name;
    std::function<std::unique_ptr<Instance>()> open_empty; ///< each call a store of its own
};

/// GoogleTest prints the parameter of a failed test.
void PrintTo(const Backend& backend, std::ostream* out);

/// What all suites share: a fresh store for each test, and the usual steps in short.
class StorageContract : public testing::TestWithParam<Backend> {
protected:
    StorageContract();

    [[nodiscard]] AllStorage& storage() { return instance_->storage(); }
    [[nodiscard]] OutboxStore& outbox() { return instance_->storage(); }
    [[nodiscard]] bool reopen() { return instance_->reopen(); }

    /// Authenticate and TokenUpdate of a device.
    void enroll(const Enrollment& device);
    /// TokenUpdate of a user channel whose device is enrolled.
    void add_user(const Enrollment& user);
    /// Enqueues to one enrollment. @return the outcome.
    EnqueueOutcome enqueue(const Command& command, const Enrollment& enrollment);
    bool report(const Enrollment& enrollment, const Command& command, const std::string& status,
                const std::string& raw = "<report>");
    /// UUID of the next command, "" when there is none.
    std::string next(const Enrollment& enrollment, NotNow not_now = NotNow::candidates);
    /// Fetches and acknowledges until the queue is empty. @return the UUIDs in the order delivered.
    std::vector<std::string> drain(const Enrollment& enrollment);

private:
    std::unique_ptr<Instance> instance_;
};

// One suite per subject, so that a report reads as a table of contents.
class CheckInContract : public StorageContract {};
class BootstrapTokenContract : public StorageContract {};
class CertAuthContract : public StorageContract {};
class EnqueueContract : public StorageContract {};
class DeliveryContract : public StorageContract {};
class ReportContract : public StorageContract {};
class PushContract : public StorageContract {};
class FleetContract : public StorageContract {};
class PingContract : public StorageContract {};
class HostileTextContract : public StorageContract {};
class ThreadsContract : public StorageContract {};
/// The steps of an importer in short.
class ImportTest : public StorageContract {
protected:
    ImportOutcome import(const ImportedEnrollment& enrollment) {
        return storage().import_enrollments({&enrollment, 1}, ImportMode::apply).at(0);
    }
    ImportOutcome look(const ImportedEnrollment& enrollment) {
        return storage().import_enrollments({&enrollment, 1}, ImportMode::look).at(0);
    }
    /// Imports it again, and it is as before.
    void expect_left_alone(const ImportedEnrollment& enrollment);
};
class ImportContract : public ImportTest {};
class ImportContinuedContract : public ImportTest {};
class ImportQueueContract : public ImportTest {};
class ReopenContract : public StorageContract {
protected:
    void SetUp() override {
        if (!reopen()) GTEST_SKIP() << GetParam().name << " keeps nothing";
    }
};

/// The steps of a sender in short.
class OutboxTest : public StorageContract {
protected:
    /// Records an event of the enrollment.
    void record(const EnrollmentId& id, const std::string& event_id, const std::string& body = "{}");
    /// All lanes that are due, with all their events.
    std::vector<OutboxLane> lease(std::chrono::milliseconds length = std::chrono::seconds{60});
    /// The lane of one enrollment, which must be due.
    OutboxLane lease_one(const EnrollmentId& id, std::chrono::milliseconds length = std::chrono::seconds{60});
    void finish(const LaneVisit& visit) { outbox().finish_lanes({&visit, 1}); }
    /// Gives back the lane with its first `count` events delivered.
    void deliver(const OutboxLane& lane, std::size_t count);
    /// Buries the first event of the enrollment.
    void bury(const EnrollmentId& id, const std::string& why = "refused");
    /// Delivers all that is due. @return the IDs of the events, in order
    std::vector<std::string> drain_outbox();
};

class OutboxContract : public OutboxTest {};
class OutboxRecordingContract : public OutboxTest {};
class OutboxReopenContract : public OutboxTest {
protected:
    void SetUp() override {
        if (!reopen()) GTEST_SKIP() << GetParam().name << " keeps nothing";
    }
};

[[nodiscard]] std::vector<std::string> event_ids(const OutboxLane& lane);
/// The message, to be told of to the webhook as the event of that ID.
template <class AnyMessage>
[[nodiscard]] AnyMessage stamped(AnyMessage message, const std::string& event_id) {
    message.event = EventStamp{.id = event_id, .created_at = std::chrono::system_clock::now()};
    return message;
}

/// Polls until `condition` holds, for what a backend writes behind. @return false after 15 s.
[[nodiscard]] bool eventually(const std::function<bool()>& condition);

/// Runs `work(0)` … `work(count - 1)` at once on a thread each; rethrows what one of them threw.
void in_parallel(int count, const std::function<void(int)>& work);

} // namespace nanomdm::contract

#define NANOMDM_STORAGE_SUITE(Name, Suite, backend)                                                          \
    INSTANTIATE_TEST_SUITE_P(Name, Suite, testing::Values(backend),                                          \
                             [](const auto& test) { return test.param.name; })

/// Instantiates the whole contract for one backend; use it in namespace nanomdm::contract.
#define NANOMDM_STORAGE_CONTRACT(Name, backend)                                                              \
    NANOMDM_STORAGE_SUITE(Name, CheckInContract, backend);                                                   \
    NANOMDM_STORAGE_SUITE(Name, BootstrapTokenContract, backend);                                            \
    NANOMDM_STORAGE_SUITE(Name, CertAuthContract, backend);                                                  \
    NANOMDM_STORAGE_SUITE(Name, EnqueueContract, backend);                                                   \
    NANOMDM_STORAGE_SUITE(Name, DeliveryContract, backend);                                                  \
    NANOMDM_STORAGE_SUITE(Name, ReportContract, backend);                                                    \
    NANOMDM_STORAGE_SUITE(Name, PushContract, backend);                                                      \
    NANOMDM_STORAGE_SUITE(Name, FleetContract, backend);                                                     \
    NANOMDM_STORAGE_SUITE(Name, PingContract, backend);                                                      \
    NANOMDM_STORAGE_SUITE(Name, HostileTextContract, backend);                                               \
    NANOMDM_STORAGE_SUITE(Name, ThreadsContract, backend);                                                   \
    NANOMDM_STORAGE_SUITE(Name, ReopenContract, backend);                                                    \
    NANOMDM_STORAGE_SUITE(Name, OutboxContract, backend);                                                    \
    NANOMDM_STORAGE_SUITE(Name, OutboxRecordingContract, backend);                                           \
    NANOMDM_STORAGE_SUITE(Name, OutboxReopenContract, backend)

/// What backends have that can import.
#define NANOMDM_IMPORT_CONTRACT(Name, backend)                                                               \
    NANOMDM_STORAGE_SUITE(Name, ImportContract, backend);                                                    \
    NANOMDM_STORAGE_SUITE(Name, ImportContinuedContract, backend);                                           \
    NANOMDM_STORAGE_SUITE(Name, ImportQueueContract, backend)
