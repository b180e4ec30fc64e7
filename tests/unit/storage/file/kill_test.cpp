// kill -9 at a random moment under load: eight threads with devices of their own, everything in the
// background running as in service.
#include "child_process.hpp"
#include "faulty_files.hpp"
#include "fixtures.hpp"
#include "storage/file/file_storage.hpp"
#include "workload.hpp"

#include <gtest/gtest.h>

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

FileOptions options(const TemporaryDirectory& directory, Files& files) {
    FileOptions chosen{.directory = directory.store()};
    chosen.journal.segment_bytes = 64 << 10;
    chosen.checkpoint_interval = std::chrono::milliseconds{1};
    chosen.unwritten_bytes = 20'000;
    chosen.files = &files;
    return chosen;
}

std::string prefix_of(std::uint32_t thread) { return "t" + std::to_string(thread) + "-"; }

int work(const TemporaryDirectory& directory, const ChildProcess::Confirm& confirm) {
    JournalFlushingFiles files;
    FileStorage storage{options(directory, files)};
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

TEST(KillTest, RandomKillsUnderLoadLoseNothingConfirmed) {
    std::mt19937 random{4711};
    for (int i = 0; i < kills() && !testing::Test::HasFailure(); ++i) {
        const TemporaryDirectory directory;
        const std::uint32_t kill_after = 1 + static_cast<std::uint32_t>(random() % 1500);
        SCOPED_TRACE("kill " + std::to_string(i) + " after " + std::to_string(kill_after) +
                     " confirmed steps");
        ChildProcess child{[&](const ChildProcess::Confirm& confirm) { return work(directory, confirm); }};
        const auto confirmed = child.wait(threads, kill_after);
        ASSERT_EQ(child.exit_status(), -1) << "the child ended before it was killed";

        EXPECT_EQ(findings(directory.store()), "") << "before reopening";
        UnflushedFiles files;
        {
            FileStorage storage{options(directory, files)};
            for (std::uint32_t thread = 0; thread < threads; ++thread) {
                const auto prefix = prefix_of(thread);
                const auto steps = mixed_workload(prefix, rounds);
                const auto count = confirmed.at(thread);
                const auto shown = observed(storage, prefix, rounds);
                const bool is_right = shown == expected(steps, count, prefix, rounds) ||
                                      shown == expected(steps, count + 1, prefix, rounds);
                EXPECT_TRUE(is_right) << "thread " << thread << ": "
                                      << first_difference(shown, expected(steps, count, prefix, rounds));
            }
        }
        EXPECT_EQ(findings(directory.store()), "") << "after closing";
    }
}

} // namespace
} // namespace nanomdm::storage::file
