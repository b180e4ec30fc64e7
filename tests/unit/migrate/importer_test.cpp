// Order, back-pressure, what is counted, and how a run ends.
#include "contract/samples.hpp"
#include "migrate/importer.hpp"
#include "nanomdm/error.hpp"
#include "scripted_import.hpp"
#include "storage/inmem/inmem_storage.hpp"
#include "support/process/child_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <sstream>

namespace nanomdm::migrate {
namespace {

using namespace std::chrono_literals;
using contract::certificate_hash;
using contract::user_of;
using test::eventually;
using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::UnorderedElementsAre;
using Outcome = ImportOutcome::Enrollment;

ImportedEnrollment imported(const Enrollment& enrollment) {
    ImportedEnrollment imported{.state = {enrollment, true, 1, {}, {}, {}, {}, {}}, .messages = {}};
    if (!enrollment.is_user_channel()) imported.certificate_hashes = {certificate_hash(1)};
    return imported;
}
ImportedEnrollment device(const std::string& id) { return imported(contract::device(id)); }
ImportedEnrollment user(const std::string& device_id, const std::string& user_id) {
    return imported(user_of(contract::device(device_id), user_id));
}

class ImporterTest : public testing::Test {
protected:
    void run(ScriptedSource::Step script) {
        ScriptedSource source{std::move(script)};
        Importer importer{{store, push_certificates}, report, options, stop.get_token()};
        importer.run(source);
    }
    /// Gives these.
    void run_with(const std::vector<ImportedEnrollment>& enrollments) {
        run([&](ImportSink& sink) {
            for (const auto& enrollment : enrollments) sink.take(enrollment);
        });
    }
    [[nodiscard]] std::string told() const {
        std::ostringstream out;
        report.print(out);
        return out.str();
    }

    RecordingImportStore store;
    storage::InMemStorage push_certificates;
    ImportReport report;
    ImporterOptions options;
    std::stop_source stop;
};

TEST_F(ImporterTest, ADeviceAndItsUsersKeepTheirOrderAndBatchesStaySmall) {
    std::vector<ImportedEnrollment> all;
    for (int i = 0; i < 300; ++i) all.push_back(device("M" + std::to_string(i)));
    for (const auto* name : {"ada", "bob", "cyd"})
        for (int i = 0; i < 300; ++i) all.push_back(user("M" + std::to_string(i), name));
    options.lanes = {.lanes = 4, .batch = 16};
    run_with(all);

    std::map<std::string, std::vector<std::string>> by_device;
    std::map<std::string, std::thread::id> threads;
    for (const auto& batch : store.batches()) {
        EXPECT_LE(batch.enrollments.size(), 16U);
        EXPECT_EQ(batch.mode, ImportMode::apply);
        for (const auto& one : batch.enrollments) {
            const auto& enrollment = one.state.enrollment;
            by_device[enrollment.device().str()].push_back(enrollment.id.str());
            EXPECT_EQ(threads.emplace(enrollment.device().str(), batch.thread).first->second, batch.thread);
        }
    }
    ASSERT_EQ(by_device.size(), 300U);
    for (const auto& [id, order] : by_device)
        EXPECT_THAT(order, ElementsAre(id, id + ":ada", id + ":bob", id + ":cyd"));
    EXPECT_THAT(told(), AllOf(ContainsRegex("devices +300 "), ContainsRegex("users +900 ")));
    EXPECT_FALSE(report.has_failures());
}

TEST_F(ImporterTest, TheSourceWaitsForTheStorage) {
    constexpr std::size_t lanes = 2;
    constexpr std::size_t batch = 8;
    options.lanes = {.lanes = lanes, .batch = batch};
    std::atomic<std::size_t> given{0};
    std::atomic<std::size_t> stored{0};
    std::atomic<std::size_t> most{0};
    store.before = [&](std::span<const ImportedEnrollment> enrollments) {
        EXPECT_TRUE(eventually([&] { return given == 2000 || given > stored + batch; }));
        std::size_t ahead = given - stored;
        for (auto seen = most.load(); seen < ahead && !most.compare_exchange_weak(seen, ahead);) {
        }
        stored += enrollments.size();
    };
    run([&](ImportSink& sink) {
        for (int i = 0; i < 2000; ++i) {
            ++given;
            sink.take(device("M" + std::to_string(i)));
        }
    });
    EXPECT_EQ(stored, 2000U);
    // One batch under way and one waiting in each lane, and the one in the source's hand.
    EXPECT_LE(most, lanes * 2 * batch + 1);
}

TEST_F(ImporterTest, LargeEnrollmentsMakeSmallBatches) {
    options.lanes = {.lanes = 1, .batch = 64, .bytes = 1 << 20};
    std::vector<ImportedEnrollment> all;
    for (int i = 0; i < 40; ++i) {
        all.push_back(device("M" + std::to_string(i)));
        all.back().messages.authenticate = std::string(i % 10 == 0 ? 3 << 20 : 300 << 10, 'x');
    }
    run_with(all);
    std::size_t taken = 0;
    for (const auto& batch : store.batches()) {
        taken += batch.enrollments.size();
        std::size_t bytes = 0;
        for (const auto& one : batch.enrollments) bytes += one.messages.authenticate->size();
        if (batch.enrollments.size() > 1) {
            EXPECT_LE(bytes, 1U << 20);
        }
    }
    EXPECT_EQ(taken, 40U);
}

TEST_F(ImporterTest, EveryOutcomeIsCountedAndWhatDidNotComeIsNamed) {
    store.outcomes = {
        {"A",
         {.enrollment = Outcome::imported, .commands = 3, .associations = 2, .has_bootstrap_token = true}},
        {"B", {.enrollment = Outcome::updated, .commands = 1, .hashes_of_others = {certificate_hash(9)}}},
        {"C", {.enrollment = Outcome::unchanged, .conflicting_commands = {CommandUuid{"U-1"}}}},
        {"D", {.enrollment = Outcome::enrolled_here}},
        {"E", {.enrollment = Outcome::refused, .refusal = "too long"}},
        {"A:ada", {.enrollment = Outcome::updated}},
    };
    run([&](ImportSink& sink) {
        sink.expect(7);
        for (const auto* id : {"A", "B", "C", "D", "E", "F"}) sink.take(device(id));
        sink.take(user("A", "ada"));
        sink.skip({ImportKind::device, "G", "not enrolled", false});
        sink.skip({ImportKind::command, "H", "damaged", true});
        sink.remark({ImportKind::user, "A:ada", "look at it"});
    });
    const auto text = told();
    EXPECT_THAT(text, ContainsRegex("devices +2 +1 +1 +1 +1 +1\n"));
    EXPECT_THAT(text, ContainsRegex("users +0 +1 +0 +0 +0 +0\n"));
    EXPECT_THAT(text, ContainsRegex("commands +4 +- +- +- +0 +2\n"));
    EXPECT_THAT(text, ContainsRegex("certificate associations +2 +- +- +- +0 +1\n"));
    EXPECT_THAT(text, ContainsRegex("bootstrap tokens +1 +- +- +- +0 +0\n"));
    EXPECT_THAT(text, HasSubstr("\nskipped:\n  1 device, not enrolled: G\n"));
    EXPECT_THAT(text, HasSubstr("\nfailed:\n  1 device, too long: E\n"));
    EXPECT_THAT(text, HasSubstr("  1 command, damaged: H\n"));
    EXPECT_THAT(text, HasSubstr("  1 command, another command has the same UUID here: C U-1\n"));
    EXPECT_THAT(text, HasSubstr("the certificate is associated with another device here: B\n"));
    EXPECT_THAT(text, HasSubstr("\nworth a look:\n  1 user, look at it: A:ada\n"));
    EXPECT_TRUE(report.has_failures());
    const auto progress = report.progress();
    EXPECT_EQ(progress.devices, 5U);
    EXPECT_EQ(progress.users, 1U);
    EXPECT_EQ(progress.left_out, 1U);
    EXPECT_EQ(progress.failed, 4U);
    EXPECT_EQ(progress.expected, 7U);
}

TEST_F(ImporterTest, ADryRunOnlyLooks) {
    options.mode = ImportMode::look;
    run_with({device("A"), device("B"), user("A", "ada")});
    ASSERT_THAT(store.batches(), Not(IsEmpty()));
    for (const auto& batch : store.batches()) EXPECT_EQ(batch.mode, ImportMode::look);
}

TEST_F(ImporterTest, ACertificatelessDeviceIsNamedAndMayClaimItsFirstCertificateIfAllowed) {
    auto without = device("B");
    without.certificate_hashes.clear();
    auto disabled = device("C");
    disabled.certificate_hashes.clear();
    disabled.state.enabled = false;
    run_with({device("A"), without, disabled, user("A", "ada")});
    EXPECT_THAT(told(),
                HasSubstr("1 certificate association, none is known, and the device will be refused; see "
                          "-import-allow-first-cert: B\n"));
    for (const auto& [id, one] : store.taken()) EXPECT_FALSE(one.may_claim_first) << id;
    EXPECT_FALSE(report.has_failures());

    options.allow_first_certificate = true;
    RecordingImportStore other;
    ScriptedSource source{[&](ImportSink& sink) {
        for (const auto& one : {device("A"), without, user("A", "ada")}) sink.take(one);
    }};
    Importer{{other, push_certificates}, report, options, stop.get_token()}.run(source);
    const auto taken = other.taken();
    EXPECT_FALSE(taken.at("A").may_claim_first);
    EXPECT_TRUE(taken.at("B").may_claim_first);
    EXPECT_FALSE(taken.at("A:ada").may_claim_first);
}

TEST_F(ImporterTest, AStorageThatFailsEndsTheRun) {
    std::atomic<int> calls{0};
    store.before = [&](auto) {
        if (++calls == 3) throw Error{Errc::unavailable, "the disk is full"};
    };
    std::atomic<int> given{0};
    try {
        run([&](ImportSink& sink) {
            for (; given < 1'000'000; ++given) sink.take(device("M" + std::to_string(given)));
        });
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::unavailable);
        EXPECT_THAT(error.what(), HasSubstr("the disk is full"));
    }
    EXPECT_LT(given, 1'000'000) << "the source goes no further";
    EXPECT_THAT(store.batches(), Not(IsEmpty()));
}

TEST_F(ImporterTest, AStorageThatFailsOnTheLastBatchFailsTheRun) {
    store.before = [](auto) { throw Error{Errc::unavailable, "gone"}; };
    EXPECT_THROW(run_with({device("A")}), Error);
}

TEST_F(ImporterTest, ADamagedSourceEndsTheRunAndWhatCameBeforeIsCounted) {
    options.lanes = {.lanes = 1, .batch = 4};
    EXPECT_THROW(run([&](ImportSink& sink) {
                     for (int i = 0; i < 20; ++i) sink.take(device("M" + std::to_string(i)));
                     throw Error{Errc::corrupt, "page 7"};
                 }),
                 Error);
    std::size_t stored = 0;
    for (const auto& batch : store.batches()) stored += batch.enrollments.size();
    EXPECT_GE(stored, 12U);
    EXPECT_EQ(report.progress().devices, stored);
}

TEST_F(ImporterTest, AStopWakesASourceThatWaitsForTheStorage) {
    options.lanes = {.lanes = 1, .batch = 2};
    std::promise<void> entered;
    std::promise<void> leave;
    bool is_first = true;
    store.before = [&](auto) {
        if (!std::exchange(is_first, false)) return;
        entered.set_value();
        leave.get_future().wait();
    };
    std::atomic<int> given{0};
    auto running = std::async(std::launch::async, [&] {
        run([&](ImportSink& sink) {
            for (;; ++given) sink.take(device("M" + std::to_string(given)));
        });
    });
    entered.get_future().wait();
    EXPECT_TRUE(eventually([&] { return given >= 2; }));
    stop.request_stop();
    leave.set_value(); // the batch under way is finished
    EXPECT_THROW(running.get(), ImportStopped);
    ASSERT_EQ(store.batches().size(), 1U) << "what waited is given up";
    EXPECT_EQ(report.progress().devices, store.batches()[0].enrollments.size());
}

TEST_F(ImporterTest, AStopBeforeTheStartImportsNothing) {
    stop.request_stop();
    EXPECT_THROW(run_with({device("A")}), ImportStopped);
    EXPECT_THAT(store.batches(), IsEmpty());
    EXPECT_THROW(run_with({}), ImportStopped);
}

TEST_F(ImporterTest, DaysLeaveOutDevicesWithTheirUsersAndKeepThoseNobodyKnowsAbout) {
    const auto now = std::chrono::system_clock::now();
    options.selection.seen_since = now - 24h;
    auto recent = device("A");
    recent.state.last_seen_at = now - 23h;
    auto old = device("B");
    old.state.last_seen_at = now - 25h;
    auto recent_user_of_old = user("B", "bob");
    recent_user_of_old.state.last_seen_at = now;
    run_with({recent, old, device("C"), user("A", "ada"), recent_user_of_old, user("C", "cyd")});
    EXPECT_THAT(store.taken(), UnorderedElementsAre(Key("A"), Key("A:ada"), Key("C"), Key("C:cyd")));
    const auto text = told();
    EXPECT_THAT(text, HasSubstr("1 device, not seen for longer than -import-days: B\n"));
    EXPECT_THAT(text, HasSubstr("1 user, its device is left out by -import-days: B:bob\n"));
    EXPECT_THAT(text,
                HasSubstr("nobody knows when it was last seen; -import-days does not leave it out: C\n"));
    EXPECT_FALSE(report.has_failures());
}

TEST_F(ImporterTest, IdsSelectDevicesWithTheirUsers) {
    options.selection.devices = {"B", "C", "PAD 1:x", "nobody"};
    run([&](ImportSink& sink) {
        for (const auto* id : {"A", "B"}) {
            sink.take(device(id));
            sink.take(user(id, "ada"));
        }
        sink.skip({ImportKind::device, "C", "removed", false});
        sink.skip({ImportKind::user, "B:eve", "damaged", true});
        sink.skip({ImportKind::command, "PAD 1:x U-1", "damaged", true});
        sink.skip({ImportKind::device, "Z", "nobody asked for this one", true});
        sink.remark({ImportKind::user, "A:ada", "nobody asked for this one"});
        sink.remark({ImportKind::device, "B", "a look"});
        sink.skip({ImportKind::push_certificate, "topic", "no key", false});
    });
    EXPECT_THAT(store.taken(), UnorderedElementsAre(Key("B"), Key("B:ada")));
    const auto text = told();
    EXPECT_THAT(text, HasSubstr("1 device, not among -import-udids: A\n"));
    EXPECT_THAT(text, HasSubstr("1 user, not among -import-udids: A:ada\n"));
    EXPECT_THAT(text, HasSubstr("1 device, removed: C\n"));
    EXPECT_THAT(text, HasSubstr("1 user, damaged: B:eve\n"));
    EXPECT_THAT(text, HasSubstr("1 command, damaged: PAD 1:x U-1\n"));
    EXPECT_THAT(text, HasSubstr("no key: topic\n"));
    EXPECT_THAT(text, HasSubstr("1 device, a look: B\n"));
    EXPECT_THAT(text, Not(HasSubstr("nobody asked for this one")));
    EXPECT_THAT(text, HasSubstr("1 device, asked for by -import-udids, and not there: nobody\n"));
}

} // namespace
} // namespace nanomdm::migrate
