// Devices and administrators at work through several processes while the database is disturbed: every command
// is delivered once and in its order, nothing acknowledged is forgotten, and nobody notices.
#include "contract/samples.hpp"
#include "storage/mysql/failure.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "support/process/child_process.hpp"
#include "unit/storage_mysql/disturbed_operations.hpp"
#include "unit/storage_mysql/failure_scene.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace nanomdm::storage::mysql::test {
namespace {

constexpr std::size_t processes = 3;
constexpr std::size_t devices = 4;
constexpr std::size_t administrators = 2;

/// What goes on at the database, and between two looks at whether the work goes on.
struct Disturbance {
    std::string name;
    int times = 0;
    std::function<void()> once;
};

void kill_some_connections() {
    Observer observer{server()};
    std::vector<std::int64_t> connections;
    auto rows =
        observer.session().query("SELECT id FROM information_schema.processlist WHERE user = 'nanomdm'");
    while (rows.next()) connections.push_back(rows.integer(0));
    static std::minstd_rand random{1};
    for (const auto connection : connections) {
        if (random() % 3 != 0) continue;
        try {
            observer.kill(connection);
        } catch (const Failure&) { // it went by itself
        }
    }
}

const std::vector<Disturbance>& disturbances() {
    static const std::vector<Disturbance> all{
        {"CleanRestarts", 3, [] { server().stop(), server().start(); }},
        {"Crashes", 5, [] { server().kill(), server().start(); }},
        {"CutConnections", 60, kill_some_connections},
        {"Pauses", 2, [] { server().pause(), std::this_thread::sleep_for(300ms), server().resume(); }},
    };
    return all;
}

class UnderLoad : public testing::TestWithParam<Disturbance> {
protected:
    UnderLoad() {
        const auto& tables = empty_tables();
        auto options = tables.options();
        options.patience = 120s; // a disk that is busy elsewhere may hold up a restart for half a minute
        options.pool.size = 4;
        for (auto& process : processes_) process = std::make_unique<MySqlStorage>(options);
        for (std::size_t i = 0; i < devices; ++i) {
            macs_.push_back(contract::device("MAC" + std::to_string(i)));
            any().store_authenticate(contract::authenticate(macs_.back()), "");
            any().store_token_update(contract::token_update(macs_.back()));
        }
    }

    MySqlStorage& any() {
        thread_local std::minstd_rand random{std::random_device{}()};
        return *processes_[random() % processes];
    }

    /// Enqueues commands to all devices until it is over.
    void administrate(std::size_t number) {
        std::int64_t& count = enqueued_[number];
        while (!over_) {
            const auto outcomes =
                any().enqueue(contract::command(std::to_string(number) + "-" + std::to_string(count + 1)),
                              contract::ids(macs_));
            for (const auto outcome : outcomes) // the answer to a commit may have been lost
                EXPECT_TRUE(outcome == EnqueueOutcome::queued || outcome == EnqueueOutcome::already_queued ||
                            outcome == EnqueueOutcome::uuid_already_used)
                    << static_cast<int>(outcome);
            ++count;
        }
        ++finished_;
    }

    /// Fetches and acknowledges until there is nothing more to come.
    void work_off(std::size_t number) {
        const auto& mac = macs_[number];
        for (;;) {
            const bool last_look = finished_ == administrators;
            const auto command = any().next_command(mac.id, NotNow::candidates);
            if (!command && last_look) return;
            if (!command) continue;
            if (!any().store_report(
                    contract::command_report(mac, "Acknowledged", command->uuid.str(), "<done>"))) {
                ADD_FAILURE() << command->uuid.str() << " was delivered and its report is unknown";
                return;
            }
            delivered_[number].push_back(command->uuid.str());
            ++deliveries_;
        }
    }

    std::array<std::unique_ptr<MySqlStorage>, processes> processes_;
    std::vector<Enrollment> macs_;
    std::array<std::int64_t, administrators> enqueued_{};
    std::array<std::vector<std::string>, devices> delivered_;
    std::atomic<std::size_t> finished_{0};
    std::atomic<int> deliveries_{0};
    std::atomic<bool> over_{false};
};

TEST_P(UnderLoad, EveryCommandIsDeliveredOnceAndInOrder) {
    const auto guarded = [&](const std::function<void()>& work) {
        try {
            work();
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
            over_ = true;
            finished_ = administrators;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < administrators; ++i)
            threads.emplace_back([&, i] { guarded([&] { administrate(i); }); });
        for (std::size_t i = 0; i < devices; ++i)
            threads.emplace_back([&, i] { guarded([&] { work_off(i); }); });
        for (int i = 0; i < GetParam().times && !over_; ++i) {
            const int before = deliveries_;
            EXPECT_TRUE(nanomdm::test::eventually([&] { return over_ || deliveries_ > before + 10; }, 180s))
                << "nothing is delivered any more";
            GetParam().once();
        }
        const int before = deliveries_;
        EXPECT_TRUE(nanomdm::test::eventually([&] { return over_ || deliveries_ > before + 10; }, 180s));
        over_ = true;
    }
    for (const auto& delivered : delivered_) {
        std::array<std::int64_t, administrators> last{};
        for (const auto& uuid : delivered) {
            const auto administrator = static_cast<std::size_t>(uuid.at(0) - '0');
            EXPECT_EQ(std::stoll(uuid.substr(2)), ++last[administrator]) << uuid << " is not the next one";
        }
        EXPECT_EQ(last, enqueued_);
    }
}

INSTANTIATE_TEST_SUITE_P(, UnderLoad, testing::ValuesIn(disturbances()),
                         [](const auto& test) { return test.param.name; });

TEST(FullDisk, StorageIsUnavailableAndKeepsWhatItHas) {
    nanomdm::test::MariaDbServer::Options options;
    options.durability = nanomdm::test::Durability::relaxed;
    options.arguments = {"--innodb-data-file-path=ibdata1:12M:autoextend:max:32M",
                         "--innodb-file-per-table=OFF"};
    nanomdm::test::MariaDbServer full{options};
    const nanomdm::test::MigratedDatabase tables{full, "full"};
    auto settings = tables.options();
    settings.patience = 1s;
    MySqlStorage storage{settings};
    fill(storage);
    const EnrollmentId mac{"MAC"};
    const auto rows = [&] {
        Session session{settings.endpoint};
        return dump(session);
    };
    const auto big = [](int n) {
        return Command{CommandUuid{"big" + std::to_string(n)}, RequestType{"T"},
                       "<?xml" + std::string(300 << 10, 'x')};
    };
    int stored = 0;
    std::string before;
    for (; stored < 200; ++stored) {
        before = rows();
        try {
            storage.enqueue(big(stored), std::vector{mac});
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::unavailable) << error.what();
            break;
        }
    }
    ASSERT_GT(stored, 0);
    ASSERT_LT(stored, 200);
    EXPECT_EQ(rows(), before) << "nothing half written";
    EXPECT_EQ(storage.next_command(mac, NotNow::passed_over)->uuid.str(), "pending");

    full.stop();
    full.launch({"--innodb-data-file-path=ibdata1:12M:autoextend:max:128M"});
    full.wait_until_ready();
    EXPECT_EQ(storage.enqueue(big(stored), std::vector{mac}).at(0), EnqueueOutcome::queued);
    int delivered = 0;
    while (const auto command = storage.next_command(mac, NotNow::passed_over)) {
        if (command->uuid.str().starts_with("big")) {
            EXPECT_EQ(command->uuid.str(), "big" + std::to_string(delivered));
            ++delivered;
        }
        ASSERT_TRUE(storage.store_report(contract::command_report(
            Enrollment{contract::device("MAC")}, "Acknowledged", command->uuid.str(), "<done>")));
    }
    EXPECT_EQ(delivered, stored + 1);
}

} // namespace
} // namespace nanomdm::storage::mysql::test
