#include "e2e/fleet_load.hpp"

#include "e2e/scene.hpp"

#include <map>
#include <random>
#include <set>
#include <sstream>

namespace nanomdm::test {
namespace {

/// What a proxy or an overloaded server says: the same again.
bool come_again(long status) { return status == 502 || status == 503 || status == 504; }

/// So that a server that refuses at once is not asked a thousand times a second.
void breathe() { std::this_thread::sleep_for(20ms); }

struct Name {
    int administrator;
    int number;
};

std::string uuid_of(int administrator, int number) {
    return "A" + std::to_string(administrator) + "-" + std::to_string(number);
}

Name parse_uuid(const std::string& uuid) {
    Name name{};
    char letter = 0;
    char dash = 0;
    std::istringstream{uuid} >> letter >> name.administrator >> dash >> name.number;
    return name;
}

} // namespace

struct FleetLoad::Client {
    Client(sim::Device simulated, unsigned seed) : device{std::move(simulated)}, random{seed} {}

    sim::Device device;
    std::mt19937 random;
    std::vector<std::string> first_fetched; ///< UUIDs in the order they came first
    std::set<std::string> fetched;
    std::map<std::string, int> acknowledgements; ///< answered with 200
    std::string bootstrap_token;
};

struct FleetLoad::Administrator {
    Api api;
    int index;
    int sent = 0; ///< commands answered with success are numbered 0…sent-1
};

FleetLoad::FleetLoad(const Cluster& cluster, std::size_t devices) {
    for (std::size_t i = 0; i < devices; ++i) {
        const auto udid = "D" + std::to_string(i);
        sim::Device device{sim::Channel::device(udid), test_identity(udid), cluster.endpoint()};
        clients_.push_back(std::make_unique<Client>(std::move(device), static_cast<unsigned>(i)));
        clients_.back()->device.enroll();
    }
    for (std::size_t i = 0; i < cluster.size(); ++i)
        administrators_.push_back(
            std::make_unique<Administrator>(Administrator{cluster.api(i), static_cast<int>(i)}));
}

FleetLoad::~FleetLoad() { stop(); }

void FleetLoad::start() {
    stopping_ = false;
    for (auto& client : clients_) threads_.emplace_back([this, &client] { work(*client); });
    for (auto& administrator : administrators_)
        threads_.emplace_back([this, &administrator] { administrate(*administrator); });
}

void FleetLoad::stop() {
    stopping_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

std::chrono::milliseconds FleetLoad::longest_wait() const {
    return std::chrono::milliseconds{longest_wait_ms_};
}

void FleetLoad::note_wait(Clock::time_point since) {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since).count();
    auto longest = longest_wait_ms_.load();
    while (waited > longest && !longest_wait_ms_.compare_exchange_weak(longest, waited)) {
    }
}

void FleetLoad::violation(std::string what) {
    const std::lock_guard lock{mutex_};
    violations_.push_back(std::move(what));
}

/// Sends until it is answered for good.
sim::HttpResponse FleetLoad::insist(Client& client, const std::string& what,
                                    const sim::HttpRequest& request) {
    const auto since = Clock::now();
    for (;; breathe()) {
        try {
            auto response = client.device.http().send(request);
            if (come_again(response.status)) continue;
            note_wait(since);
            ++answered_;
            if (response.status != 200)
                violation(client.device.id() + ": " + what + " answered with " +
                          std::to_string(response.status));
            return response;
        } catch (const sim::ConnectionError&) { // the same again
        }
    }
}

void FleetLoad::deliver(Client& client, bool may_refuse) {
    auto& device = client.device;
    auto response = insist(client, "Idle", device.report_request(device.report_message("Idle", {})));
    while (response.status == 200 && !response.body.empty()) {
        const auto uuid = sim::parse_command(response.body).uuid;
        if (client.acknowledgements.contains(uuid))
            violation(device.id() + ": " + uuid + " came again after it was acknowledged");
        if (client.fetched.insert(uuid).second) client.first_fetched.push_back(uuid);
        const bool refuses = may_refuse && client.random() % 10 == 0;
        const auto* status = refuses ? "NotNow" : "Acknowledged";
        response = insist(client, status, device.report_request(device.report_message(status, uuid)));
        if (!refuses && response.status == 200) ++client.acknowledgements[uuid];
    }
}

void FleetLoad::work(Client& client) {
    auto& device = client.device;
    for (int round = 0; !stopping_; ++round) {
        deliver(client, true);
        if (round % 5 == 1)
            insist(client, "TokenUpdate", device.check_in_request(device.token_update_message()));
        if (round % 5 == 3) {
            client.bootstrap_token = device.id() + "-" + std::to_string(round);
            insist(client, "SetBootstrapToken",
                   device.check_in_request(device.message(
                       "SetBootstrapToken", sim::Dict{}.bytes("BootstrapToken", client.bootstrap_token))));
        }
    }
}

void FleetLoad::administrate(Administrator& administrator) {
    std::string ids;
    for (const auto& client : clients_) ids += (ids.empty() ? "" : ",") + client->device.id();
    while (!stopping_) {
        const auto uuid = uuid_of(administrator.index, administrator.sent);
        const auto command = sim::command_plist(uuid, "DeviceInformation");
        const auto since = Clock::now();
        for (bool answered = false; !answered;) {
            try {
                const auto response = administrator.api.enqueue(ids, command);
                answered = !come_again(response.status);
                // The answer to the first attempt may have been lost, and devices have been faster since.
                if (answered && response.status != 200 && response.body.find("already") == std::string::npos)
                    violation("enqueue answered with " + std::to_string(response.status) + ": " +
                              response.body);
            } catch (const sim::ConnectionError&) { // the same again
            }
            if (!answered) breathe();
        }
        note_wait(since);
        ++administrator.sent;
        ++enqueued_;
    }
}

std::vector<std::string> FleetLoad::settle() {
    for (auto& client : clients_) {
        deliver(*client, false);
        const auto& id = client->device.id();
        std::map<int, int> last;
        for (const auto& uuid : client->first_fetched) {
            const auto name = parse_uuid(uuid);
            const auto before = last.find(name.administrator);
            if (before != last.end() && before->second > name.number)
                violation(id + ": " + uuid + " came after number " + std::to_string(before->second));
            last[name.administrator] = name.number;
        }
        for (const auto& administrator : administrators_)
            for (int number = 0; number < administrator->sent; ++number) {
                const auto uuid = uuid_of(administrator->index, number);
                const auto found = client->acknowledgements.find(uuid);
                const int times = found == client->acknowledgements.end() ? 0 : found->second;
                if (times != 1)
                    violation(id + ": " + uuid + " acknowledged " + std::to_string(times) + " times");
            }
        if (client->bootstrap_token.empty()) continue;
        const auto answer = client->device.get_bootstrap_token();
        const auto token = sim::top_level_member(answer.body, "BootstrapToken").value_or("");
        if (token != client->bootstrap_token) violation(id + ": the bootstrap token is " + token);
    }
    const std::lock_guard lock{mutex_};
    return violations_;
}

std::size_t FleetLoad::lost_results(const std::string& rows) const {
    std::set<std::string> stored;
    std::istringstream lines{rows};
    for (std::string line; std::getline(lines, line);) stored.insert(line);
    std::size_t lost = 0;
    for (const auto& client : clients_)
        for (const auto& [uuid, times] : client->acknowledgements)
            if (!stored.contains(client->device.id() + "\t" + uuid)) ++lost;
    return lost;
}

} // namespace nanomdm::test
