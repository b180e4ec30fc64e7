// The durability proof: the process is killed, or the power cut, at every boundary in turn; what was
// confirmed is there, all of it and once, and nothing half done.
#include "child_process.hpp"
#include "fixtures.hpp"
#include "power_cut_files.hpp"
#include "storage/file/file_storage.hpp"
#include "workload.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

namespace nanomdm::storage::file {
namespace {

constexpr int rounds = 3;
const std::string prefix = "c";

FileOptions options(const TemporaryDirectory& directory, Files& files) {
    FileOptions chosen{.directory = directory.store()};
    chosen.journal.segment_bytes = 16 << 10; // so that the workload goes through several
    chosen.event_file_bytes = 4 << 10;       // and events are copied from file to file
    chosen.has_background_thread = false;    // so that the n-th boundary is the same in each run
    chosen.files = &files;
    return chosen;
}

/// Exhaustive with NANOMDM_SOAK, else in strides that keep the suite quick.
std::uint64_t stride(std::uint64_t usual) {
    return std::getenv("NANOMDM_SOAK") != nullptr ? 1 : usual; // NOLINT(concurrency-mt-unsafe)
}

class CrashTest : public testing::Test {
protected:
    const std::vector<Step> steps_ = mixed_workload(prefix, rounds, Company::alone);
    TemporaryDirectory directory_;
    std::vector<std::string> expected_ = std::vector<std::string>(steps_.size() + 2);

    const std::string& expected_after(std::size_t count) {
        auto& text = expected_.at(count);
        if (text.empty()) text = expected(steps_, count, prefix, rounds);
        return text;
    }

    /// Runs the workload in a child with these files. @return how many steps were confirmed.
    template <class MakeFiles> std::uint32_t run_cut(const MakeFiles& make_files, bool& is_over) {
        ChildProcess child{[&](const ChildProcess::Confirm& confirm) {
            const auto files = make_files();
            {
                FileStorage storage{options(directory_, *files)};
                for (std::uint32_t i = 0; i < steps_.size(); ++i) {
                    steps_[i](storage);
                    confirm({0, i + 1});
                }
            }
            if constexpr (requires { files->put_down(); }) files->put_down();
            return 0;
        }};
        const auto confirmed = child.wait(1).at(0);
        EXPECT_TRUE(child.exit_status() == 0 || child.exit_status() == cut_short) << child.exit_status();
        is_over = child.exit_status() == 0;
        return confirmed;
    }

    /// Opens and closes what is there in a child that is cut short as well.
    template <class MakeFiles> void recover_cut(const MakeFiles& make_files) {
        ChildProcess child{[&](const ChildProcess::Confirm&) {
            const auto files = make_files();
            {
                FileStorage storage{options(directory_, *files)};
                storage.checkpoint();
            }
            if constexpr (requires { files->put_down(); }) files->put_down();
            return 0;
        }};
        child.wait(1);
        EXPECT_TRUE(child.exit_status() == 0 || child.exit_status() == cut_short) << child.exit_status();
    }

    void verify(std::uint32_t confirmed) {
        if (std::filesystem::exists(directory_.store() / "VERSION")) {
            EXPECT_EQ(findings(directory_.store()), "") << "before reopening";
        }
        UnflushedFiles files;
        {
            FileStorage storage{options(directory_, files)};
            const std::string shown = observed(storage, prefix, rounds);
            const bool is_right = shown == expected_after(confirmed) ||
                                  (confirmed < steps_.size() && shown == expected_after(confirmed + 1));
            EXPECT_TRUE(is_right) << "after " << confirmed << " confirmed steps: "
                                  << first_difference(shown, expected_after(confirmed));
        }
        EXPECT_EQ(findings(directory_.store()), "") << "after closing";
    }

    template <class MakeFiles> void cut_everywhere(std::uint64_t step, const MakeFiles& make_files) {
        bool is_over = false;
        for (std::uint64_t n = 1; !is_over && !HasFailure(); n += step) {
            SCOPED_TRACE("cut at boundary " + std::to_string(n));
            directory_.clear();
            const auto confirmed = run_cut([&] { return make_files(n); }, is_over);
            verify(confirmed);
        }
    }
};

TEST_F(CrashTest, ReferenceAndFileBackendShowTheSameWithoutACrash) {
    UnflushedFiles files;
    FileStorage storage{options(directory_, files)};
    for (const auto& step : steps_) step(storage);
    EXPECT_EQ(first_difference(observed(storage, prefix, rounds), expected_after(steps_.size())), "");
}

TEST_F(CrashTest, KillInFrontOfAnyBoundaryLosesNothingConfirmed) {
    cut_everywhere(stride(3), [](std::uint64_t n) { return std::make_unique<KillingFiles>(n, false); });
}

TEST_F(CrashTest, KillInTheMiddleOfAnyWriteLosesNothingConfirmed) {
    cut_everywhere(stride(3), [](std::uint64_t n) { return std::make_unique<KillingFiles>(n, true); });
}

TEST_F(CrashTest, PowerCutAtAnyBoundaryLosesNothingConfirmed) {
    for (std::uint64_t seed = 1; seed <= (stride(2) == 1 ? 8 : 2); ++seed) {
        cut_everywhere(stride(3), [&](std::uint64_t n) {
            return std::make_unique<PowerCutFiles>(directory_.store().string(), n, seed * 7919 + n);
        });
    }
}

TEST_F(CrashTest, PowerCutDuringRecoveryLosesNothingConfirmed) {
    bool is_over = false;
    for (std::uint64_t n = 5; !is_over && !HasFailure(); n += stride(23)) {
        SCOPED_TRACE("cut at boundary " + std::to_string(n));
        directory_.clear();
        const auto power_cut = [&](std::uint64_t at) {
            return std::make_unique<PowerCutFiles>(directory_.store().string(), at, n * 31 + at);
        };
        const auto confirmed = run_cut([&] { return power_cut(n); }, is_over);
        for (std::uint64_t m = 1 + n % 3; m < 60; m += 5) recover_cut([&] { return power_cut(m); });
        verify(confirmed);
    }
}

TEST_F(CrashTest, LosingTheSnapshotLosesNothing) {
    bool is_over = false;
    for (std::uint64_t n = 11; !is_over && !HasFailure(); n += stride(29)) {
        SCOPED_TRACE("cut at boundary " + std::to_string(n));
        directory_.clear();
        const auto confirmed = run_cut([&] { return std::make_unique<KillingFiles>(n, true); }, is_over);
        std::filesystem::remove(directory_.store() / "index.snapshot");
        verify(confirmed);
    }
}

} // namespace
} // namespace nanomdm::storage::file
