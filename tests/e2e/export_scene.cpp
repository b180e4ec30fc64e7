#include "e2e/export_scene.hpp"

#include "mdm/decode.hpp"

#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

template <class Kind> Kind decoded(const std::string& body) { return std::get<Kind>(decode_check_in(body)); }

} // namespace

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
