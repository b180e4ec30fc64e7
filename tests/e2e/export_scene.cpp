#include "e2e/export_scene.hpp"

#include "mdm/decode.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "support/database/migrated_database.hpp"

#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

template <class Kind> Kind decoded(const std::string& body) { return std::get<Kind>(decode_check_in(body)); }

} // namespace

MariaDbServer& database() {
    static MariaDbServer server{{.durability = Durability::relaxed}};
    return server;
}

Place::Place(std::string backend) : backend_{std::move(backend)} {
    if (backend_ != "mysql") return;
    static int number = 0;
    name_ = "export" + std::to_string(++number);
    database().create_database(name_);
    EXPECT_EQ(
        run({nanomdm_binary(), "-storage", "mysql", "-storage-dsn", database().dsn(name_), "-migrate-schema"},
            60s)
            .status.code,
        0);
}

std::vector<std::string> Place::flags() const {
    if (backend_ == "inmem") return {"-storage", "inmem"};
    if (backend_ == "mysql") return {"-storage", "mysql", "-storage-dsn", database().dsn(name_)};
    return {"-storage", "file", "-storage-dsn", (directory_ / "db").string()};
}

std::unique_ptr<AllStorage> Place::open() const {
    if (backend_ == "file")
        return std::make_unique<storage::FileStorage>(storage::FileOptions{.directory = directory_ / "db"});
    storage::MySqlOptions options;
    options.endpoint = endpoint_of(database(), name_);
    return std::make_unique<storage::MySqlStorage>(options);
}

void put(AllStorage& storage, const sim::Device& device, const std::string& unlock_token,
         const std::string& bootstrap_token) {
    if (!device.channel().is_user_channel())
        storage.store_authenticate(decoded<Authenticate>(device.authenticate_message()), "");
    auto update = decoded<TokenUpdate>(device.token_update_message());
    if (!unlock_token.empty()) {
        auto first = update;
        first.unlock_token = unlock_token; // not in the message: as when a later one came without
        storage.store_token_update(first);
    }
    storage.store_token_update(update);
    if (!bootstrap_token.empty())
        storage.store_bootstrap_token(decoded<SetBootstrapToken>(
            device.message("SetBootstrapToken", sim::Dict{}.bytes("BootstrapToken", bootstrap_token))));
}

sim::Device simulated(sim::Channel channel, const sim::Identity& identity) {
    return {std::move(channel), identity, {}};
}

void put_fleet(AllStorage& storage, int devices, int first) {
    const auto identity = test_identity("fleet");
    auto mac = [&](const std::string& id) { return simulated(sim::Channel::device(id), identity); };
    for (int i = first; i < first + devices; ++i) {
        const auto id = "MAC-" + std::to_string(100'000 + i);
        put(storage, mac(id), {}, i % 2 == 0 ? "boot " + id : "");
        if (i % 4 == 0) put(storage, simulated(sim::Channel::user(id, "ada", "ada", "Ada"), identity));
    }
}

std::vector<std::string> export_command(const Place& from, const std::string& url,
                                        const std::vector<std::string>& more) {
    std::vector<std::string> command{nanomdm_binary(), "-export-to", url, "-export-key", Scene::api_key};
    for (const auto& flags : {from.flags(), more}) command.insert(command.end(), flags.begin(), flags.end());
    return command;
}

Finished export_all(const Place& from, const std::string& url, const std::vector<std::string>& more) {
    return run(export_command(from, url, more), 120s);
}

CountingTarget::CountingTarget() {
    upstream_.answer([this](const UpstreamRequest& request) {
        UpstreamReply reply{.latency = latency};
        const std::lock_guard lock{mutex_};
        const auto udid = sim::top_level_member(request.body, "UDID").value_or("");
        if (udid == failing) return UpstreamReply{.status = 500};
        const auto type = sim::top_level_member(request.body, "MessageType").value_or("");
        if (type == "Authenticate") ++authenticates_[udid];
        ++taken_;
        return reply;
    });
}

std::size_t CountingTarget::taken() const {
    const std::lock_guard lock{mutex_};
    return taken_;
}

std::map<std::string, int> CountingTarget::authenticates() const {
    const std::lock_guard lock{mutex_};
    return authenticates_;
}

} // namespace nanomdm::test
