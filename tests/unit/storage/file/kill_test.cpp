// kill -9 at a random moment under load: eight threads with devices of their own, everything in the
// background running as in service.
#include "child_process.hpp"
#include "faulty_files.hpp"
#include "fixtures.hpp"
#include "storage/file/file_storage.hpp"
#include "workload.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <thread>

namespace nanomdm::storage::file {
namespace {

constexpr std::uint32_t threads = 8;
constexpr int rounds = 14;

/// Flushes the journal for real, so that groups form as they do in service; a killed process needs no syncfs.
class JournalFlushingFiles final : public PosixFiles {
public:
    void sync_filesystem(const std::string&) override {}
};

FileOptions options(const TemporaryDirectory& directory, Files& files, bool deletes) {
    FileOptions chosen{.directory = directory.store(), .delete_finished = deletes};
    chosen.journal.segment_bytes = 64 << 10;
    chosen.event_file_bytes = 16 << 10;
    chosen.checkpoint_interval = std::chrono::milliseconds{1};
    chosen.unwritten_bytes = 20'000;
    chosen.files = &files;
    return chosen;
}

std::string prefix_of(std::uint32_t thread) { return "t" + std::to_string(thread) + "-"; }

int work(const TemporaryDirectory& directory, bool deletes, const ChildProcess::Confirm& confirm) {
    JournalFlushingFiles files;
    FileStorage storage{options(directory, files, deletes)};
    std::vector<std::jthread> all;
    for (std::uint32_t thread = 0; thread < threads; ++thread) {
        all.emplace_back([&, thread] {
            const auto steps = mixed_workload(prefix_of(thread), rounds);
            for (std::uint32_t i = 0; i < steps.size(); ++i) {
                steps[i](storage);
                confirm({thread, i + 1});
            }
        });
    }
    all.clear();
    return 0;
}

int kills() {
    if (const char* number = std::getenv("NANOMDM_KILLS")) return std::atoi(number); // NOLINT
    return std::getenv("NANOMDM_SOAK") != nullptr ? 200 : 40;                        // NOLINT
}

/// What a store shows after the first steps of one thread: of the reference backend, or, as that one deletes
/// nothing, of a store that was never killed.
std::string expected_of(std::uint32_t thread, std::size_t count, bool deletes) {
    const auto prefix = prefix_of(thread);
    const auto steps = mixed_workload(prefix, rounds);
    if (!deletes) return expected(steps, count, prefix, rounds);
    const TemporaryDirectory directory;
    UnflushedFiles files;
    auto undisturbed = options(directory, files, deletes);
    undisturbed.has_background_thread = false;
    undisturbed.journal = {};
    FileStorage storage{undisturbed};
    for (std::size_t i = 0; i < count; ++i) steps.at(i)(storage);
    return observed(storage, prefix, rounds);
}

void kill_and_verify(std::uint32_t kill_after, bool deletes) {
    const TemporaryDirectory directory;
    ChildProcess child{
        [&](const ChildProcess::Confirm& confirm) { return work(directory, deletes, confirm); }};
    const auto confirmed = child.wait(threads, kill_after);
    ASSERT_EQ(child.exit_status(), -1) << "the child ended before it was killed";

    EXPECT_EQ(findings(directory.store()), "") << "before reopening";
    UnflushedFiles files;
    {
        FileStorage storage{options(directory, files, deletes)};
        for (std::uint32_t thread = 0; thread < threads; ++thread) {
            const auto count = confirmed.at(thread);
            const auto shown = observed(storage, prefix_of(thread), rounds);
            const auto wanted = expected_of(thread, count, deletes);
            EXPECT_TRUE(shown == wanted || shown == expected_of(thread, count + 1, deletes))
                << "thread " << thread << ": " << first_difference(shown, wanted);
        }
    }
    EXPECT_EQ(findings(directory.store()), "") << "after closing";
}

void kill_often(int times, bool deletes) {
    std::mt19937 random{4711};
    for (int i = 0; i < times && !testing::Test::HasFailure(); ++i) {
        const std::uint32_t kill_after = 1 + static_cast<std::uint32_t>(random() % 1500);
        SCOPED_TRACE("kill " + std::to_string(i) + " after " + std::to_string(kill_after) +
                     " confirmed steps");
        kill_and_verify(kill_after, deletes);
    }
}

TEST(KillTest, RandomKillsUnderLoadLoseNothingConfirmed) { kill_often(kills(), false); }

TEST(KillTest, RandomKillsUnderLoadLoseNothingConfirmedWhereFinishedCommandsAreDeleted) {
    kill_often(std::max(kills() / 10, 1), true);
}

} // namespace
} // namespace nanomdm::storage::file
