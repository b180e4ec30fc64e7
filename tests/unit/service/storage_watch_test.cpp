// One question at a time, a verdict at any moment.
#include "service/storage_watch.hpp"

#include "nanomdm/error.hpp"
#include "support/process/child_process.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace nanomdm::service {
namespace {

using namespace std::chrono_literals;
using test::eventually;

class FakeStorage final : public Pingable {
public:
    void ping() override {
        std::unique_lock lock{mutex_};
        ++pings;
        most_at_once = std::max(most_at_once, ++at_once_);
        changed_.wait(lock, [this] { return answers_; });
        --at_once_;
        if (fails) throw Error{Errc::unavailable, "mysql://user:secret@host: SELECT 1"};
    }
    void answer(bool answers) {
        const std::lock_guard lock{mutex_};
        answers_ = answers;
        changed_.notify_all();
    }

    std::atomic<bool> fails{false};
    std::atomic<int> pings{0};
    int most_at_once = 0;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool answers_ = true;
    int at_once_ = 0;
};

constexpr StorageWatchOptions quick{.interval = 2ms, .patience = 1s};

TEST(StorageWatch, AsksAgainAndAgain) {
    FakeStorage storage;
    const StorageWatch watch{storage, quick};
    EXPECT_TRUE(eventually([&] { return storage.pings > 3; }));
    EXPECT_FALSE(watch.trouble());
}

TEST(StorageWatch, AFailureIsTroubleWithoutDetailsUntilItAnswersAgain) {
    FakeStorage storage;
    const StorageWatch watch{storage, quick};
    storage.fails = true;
    EXPECT_TRUE(eventually([&] { return watch.trouble().has_value(); }));
    EXPECT_EQ(watch.trouble().value_or(""), "the storage is unavailable");
    storage.fails = false;
    EXPECT_TRUE(eventually([&] { return !watch.trouble(); }));
}

TEST(StorageWatch, AStorageThatHangsIsTroubleAndAskedOnce) {
    FakeStorage storage;
    const StorageWatch watch{storage, {.interval = 2ms, .patience = 20ms}};
    storage.answer(false);
    EXPECT_TRUE(eventually([&] { return watch.trouble() == "the storage does not answer in time"; }));
    const int asked = storage.pings;
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(watch.trouble());
    EXPECT_EQ(storage.pings, asked);
    storage.answer(true);
    EXPECT_TRUE(eventually([&] { return !watch.trouble(); }));
    EXPECT_EQ(storage.most_at_once, 1);
}

} // namespace
} // namespace nanomdm::service
