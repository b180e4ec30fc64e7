// kill -9 at random moments under load: whatever was answered with success is there afterwards.
// NANOMDM_SOAK=1 in the environment makes it 200 kills.
#include "e2e/ledger.hpp"
#include "e2e/scene.hpp"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <gtest/gtest.h>
#include <iostream>
#include <memory>
#include <random>
#include <thread>

namespace nanomdm::test {
namespace {

constexpr int device_count = 6;

int kills() { return std::getenv("NANOMDM_SOAK") != nullptr ? 200 : 15; }

struct Client {
    sim::Device device;
    Ledger ledger;
    unsigned seed;
    int tokens = 0;

    Client(sim::Device simulated, unsigned random_seed) : device{std::move(simulated)}, seed{random_seed} {}
};

/// The marker by which a report is found again on disk.
sim::Dict marked(const std::string& uuid) { return sim::Dict{}.string("Marker", "<<" + uuid + ">>"); }

/// A device at work until the server dies: fetches, reports, escrows, updates its token.
void work(Client& client, std::atomic<int>& answered) try {
    std::mt19937 random{client.seed++};
    for (;;) {
        const auto choice = random() % 10;
        sim::HttpResponse response;
        if (choice == 0) {
            const auto token = client.device.id() + "-" + std::to_string(++client.tokens);
            client.ledger.bootstrap_token_sent(token);
            response = client.device.set_bootstrap_token(token);
            if (response.status == 200) client.ledger.bootstrap_token_answered(token);
        } else if (choice == 1) {
            response = client.device.token_update();
        } else {
            response = client.device.report("Idle");
            if (response.status == 200 && !response.body.empty()) {
                const auto uuid = sim::parse_command(response.body).uuid;
                if (choice == 2) {
                    response = client.device.report("NotNow", uuid);
                } else {
                    client.ledger.report_sent(uuid);
                    response = client.device.report("Acknowledged", uuid, marked(uuid));
                    if (response.status == 200) client.ledger.report_answered(uuid);
                }
            }
        }
        if (response.status != 200) ADD_FAILURE() << response.status << " " << response.body;
        ++answered;
    }
} catch (const sim::ConnectionError&) {
    // The kill.
}

/// The administrator: commands to all devices at once, in one known order.
void administrate(Api& api, std::vector<std::unique_ptr<Client>>& clients, int round) try {
    std::string ids;
    for (const auto& client : clients) ids += (ids.empty() ? "" : ",") + client->device.id();
    for (int i = 0;; ++i) {
        const auto uuid = "C" + std::to_string(round) + "-" + std::to_string(i);
        for (auto& client : clients) client->ledger.enqueue_sent(uuid);
        const auto response = api.enqueue(ids, sim::command_plist(uuid, "DeviceInformation"));
        if (response.status != 200) ADD_FAILURE() << response.status << " " << response.body;
        for (auto& client : clients) client->ledger.enqueue_answered(uuid);
    }
} catch (const sim::ConnectionError&) {
}

/// All pending commands of a device, in order; they are acknowledged on the way.
std::vector<std::string> drain(sim::Device& device) {
    std::vector<std::string> uuids;
    const auto answering = [&](const sim::ReceivedCommand& command) {
        uuids.push_back(command.uuid);
        return sim::Answer{.status = "Acknowledged", .results = marked(command.uuid)};
    };
    device.connect(answering);
    return uuids;
}

void expect_promises_kept(std::vector<std::unique_ptr<Client>>& clients) {
    for (auto& client : clients) {
        const auto pending = drain(client->device);
        EXPECT_EQ(client->ledger.settle(pending), "") << client->device.id();
        for (const auto& uuid : pending) client->ledger.report_answered(uuid);
        const auto answer = client->device.get_bootstrap_token();
        EXPECT_EQ(answer.status, 200);
        const auto token =
            answer.body.empty() ? "" : sim::top_level_member(answer.body, "BootstrapToken").value_or("");
        EXPECT_EQ(client->ledger.settle_bootstrap_token(token), "") << client->device.id();
    }
}

std::set<std::string> markers_below(const std::filesystem::path& directory) {
    std::set<std::string> markers;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory}) {
        if (!entry.is_regular_file()) continue;
        const auto text = read_file(entry.path());
        for (auto at = text.find("&lt;&lt;"); at != std::string::npos; at = text.find("&lt;&lt;", at + 1)) {
            const auto end = text.find("&gt;&gt;", at);
            if (end != std::string::npos) markers.insert(text.substr(at + 8, end - at - 8));
        }
    }
    return markers;
}

/// Brings a copy of the store up to date. Only what has changed is copied: most of a store, which grows from
/// kill to kill, is never touched again.
void keep_copy(const std::filesystem::path& store, const std::filesystem::path& copy) {
    namespace fs = std::filesystem;
    if (fs::exists(copy)) {
        std::vector<fs::path> gone;
        for (const auto& entry : fs::recursive_directory_iterator{copy})
            if (!fs::exists(store / entry.path().lexically_relative(copy))) gone.push_back(entry.path());
        for (const auto& path : gone) fs::remove_all(path);
    }
    fs::copy(store, copy, fs::copy_options::recursive | fs::copy_options::update_existing);
}

/// Load from all sides; SIGKILL at a random moment, counted in answers.
void work_until_killed(Scene& scene, std::vector<std::unique_ptr<Client>>& clients, int round, int answers) {
    std::atomic<int> answered{0};
    std::vector<std::thread> threads;
    for (auto& client : clients) threads.emplace_back([&] { work(*client, answered); });
    threads.emplace_back([&] { administrate(scene.api(), clients, round); });
    EXPECT_TRUE(eventually([&] { return answered >= answers; }, 30s));
    scene.server().process().kill();
    for (auto& thread : threads) thread.join();
}

/// Leaves the store behind when the test fails, by whatever way.
struct Evidence {
    Scene& scene;
    int thrown = std::uncaught_exceptions();
    ~Evidence() {
        if (!testing::Test::HasFailure() && std::uncaught_exceptions() == thrown) return;
        scene.directory().keep();
        std::cerr << "kept for a look: " << scene.directory().path() << "\n";
    }
};

TEST(Crash, NothingAnsweredIsLostByKillsUnderLoad) {
    std::mt19937 random{std::random_device{}()};
    Scene scene;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < device_count; ++i)
        clients.push_back(std::make_unique<Client>(scene.enrolled("U" + std::to_string(i)), random()));

    const Evidence evidence{.scene = scene};
    int rounds = 0;
    for (; rounds < kills() && !testing::Test::HasFailure(); ++rounds) {
        SCOPED_TRACE("kill " + std::to_string(rounds));
        work_until_killed(scene, clients, rounds, 1 + static_cast<int>(random() % 400));

        // As the kill left it: what -check says, and what a failure is looked into with.
        keep_copy(scene.storage(), scene.directory() / "db-as-killed");
        const auto check = scene.check();
        EXPECT_EQ(check.status.code, 0) << check.output << check.error;
        scene.start();
        for (auto& client : clients) client->device.use_endpoint(scene.endpoint());
        // Every third time only, so that commands live through several crashes before they are asked for.
        if (rounds % 3 == 2 || rounds + 1 == kills() || HasFailure()) expect_promises_kept(clients);
        // A new device on a store that went through a crash; it must stay enrolled through those to come.
        scene.device("N" + std::to_string(rounds)).enroll();
    }
    for (int round = 0; round < rounds; ++round)
        scene.api().must_enqueue("N" + std::to_string(round), "last-" + std::to_string(round));
    scene.stop();
    const auto check = scene.check();
    EXPECT_EQ(check.status.code, 0) << check.output << check.error;
    const auto stored = markers_below(scene.storage());
    for (const auto& client : clients)
        for (const auto& uuid : client->ledger.reported())
            EXPECT_TRUE(stored.contains(uuid)) << "report lost: " << uuid;
}

} // namespace
} // namespace nanomdm::test
