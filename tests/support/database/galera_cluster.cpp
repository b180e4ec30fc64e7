// Ports and arguments of the nodes; their states from wsrep status variables.
#include "support/database/galera_cluster.hpp"

#include "support/database/programs.hpp"
#include "support/database/reserved_port.hpp"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace nanomdm::test {
namespace {

std::string provider() {
    for (const char* path : {"/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera/libgalera_smm.so",
                             "/usr/lib/libgalera_smm.so"})
        if (std::filesystem::exists(path)) return path;
    throw std::runtime_error{"Galera is not installed"};
}

std::string local(const ReservedPort& port) { return "127.0.0.1:" + std::to_string(port.number()); }

/// The daemon that receives a snapshot changes from root to `nobody`, who may not write into the nodes'
/// directories, and its configuration is made by the snapshot script. So where tests run as root that script
/// finds an `rsync` in front of the real one that keeps the user.
void write_snapshot_method(const TempDir& directory, const std::string& method) {
    const auto script = [&](const std::string& name, const std::string& text) {
        const auto path = directory.write(name, "#!/bin/sh\n" + text);
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    };
    const auto rsync = find_program("rsync");
    script("wsrep_sst_" + method, "PATH=" + directory.path().string() + ":$PATH exec " +
                                      find_program("wsrep_sst_rsync") + " \"$@\"\n");
    script("rsync", "case \" $* \" in *\" --daemon \"*) exec " + rsync +
                        " --dparam=uid=root --dparam=gid=root \"$@\" ;; esac\nexec " + rsync + " \"$@\"\n");
}

/// A node that was killed does not know how far it got; InnoDB does. The service files of the distributions
/// ask in the same way before they start a node. Without the answer it would fetch everything again.
std::string recovered_position(MariaDbServer& server) {
    server.launch({"--wsrep-recover"});
    constexpr std::string_view mark = "Recovered position:";
    const auto line = server.wait_for_log_line(mark, 60s);
    if (!line || !server.wait_for_end(60s))
        throw std::runtime_error{"the node does not know its position; its log:\n" + server.log()};
    auto position = line->substr(line->find(mark) + mark.size());
    position.erase(0, position.find_first_not_of(' '));
    return position.substr(0, position.find_first_of(" \r\n,"));
}

} // namespace

struct GaleraCluster::Node {
    ReservedPort group;       ///< who is in the cluster, and the replicated writes
    ReservedPort incremental; ///< writes missed
    ReservedPort snapshot;    ///< everything
    std::unique_ptr<MariaDbServer> server;

    [[nodiscard]] std::vector<std::string> arguments(const std::string& cluster, std::size_t index,
                                                     const std::string& snapshot_method,
                                                     const std::string& more) const {
        return {"--binlog-format=ROW",
                "--innodb-autoinc-lock-mode=2",
                "--wsrep-on=ON",
                "--wsrep-provider=" + provider(),
                "--wsrep-cluster-name=nanomdm-test",
                "--wsrep-cluster-address=" + cluster,
                "--wsrep-node-name=node" + std::to_string(index),
                "--wsrep-node-address=" + local(group),
                "--wsrep-node-incoming-address=127.0.0.1",
                "--wsrep-sst-method=" + snapshot_method,
                "--wsrep-sst-receive-address=" + local(snapshot),
                "--wsrep-provider-options=gmcast.listen_addr=tcp://" + local(group) +
                    ";ist.recv_addr=" + local(incremental) + ";gcache.size=64M;" + more};
    }
};

GaleraCluster::GaleraCluster(const Options& options) {
    std::string method = "rsync";
    std::map<std::string, std::string> environment;
    if (::geteuid() == 0) {
        method = "rsync_as_root";
        write_snapshot_method(scripts_, method);
        const char* path = std::getenv("PATH");
        environment["PATH"] = std::string{path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin"} + ":" +
                              scripts_.path().string();
    }
    std::string address = "gcomm://";
    for (std::size_t i = 0; i < options.nodes; ++i) {
        nodes_.push_back(std::make_unique<Node>());
        address += (i == 0 ? "" : ",") + local(nodes_.back()->group);
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        auto& node = *nodes_[i];
        MariaDbServer::Options server;
        server.durability = options.durability;
        server.arguments = node.arguments(address, i, method, options.provider_options);
        server.environment = environment;
        server.arguments.insert(server.arguments.end(), options.arguments.begin(), options.arguments.end());
        node.server = std::make_unique<MariaDbServer>(std::move(server), MariaDbServer::NotStarted{});
        if (i == 0) {
            node.server->launch({"--wsrep-new-cluster"});
            node.server->wait_until_ready();
        } else {
            try {
                node.server->start(120s); // one after the other: each gives its snapshot to the next
            } catch (const std::runtime_error& error) { // the cause is often the other side's
                throw std::runtime_error{error.what() + std::string{"\nThe first node's log:\n"} +
                                         nodes_[0]->server->log()};
            }
        }
    }
    if (!wait_until_synced()) {
        std::string logs;
        for (const auto& node : nodes_) logs += node->server->log() + "\n";
        throw std::runtime_error{"the Galera cluster is not in sync; its logs:\n" + logs};
    }
}

GaleraCluster::~GaleraCluster() = default;

std::size_t GaleraCluster::size() const noexcept { return nodes_.size(); }
MariaDbServer& GaleraCluster::node(std::size_t index) { return *nodes_.at(index)->server; }
void GaleraCluster::kill(std::size_t index) { node(index).kill(); }

void GaleraCluster::restart(std::size_t index, std::chrono::milliseconds patience) {
    auto& server = node(index);
    const auto position = recovered_position(server);
    server.launch({"--wsrep-start-position=" + position});
    server.wait_until_ready(patience);
    if (!eventually([&] { return synced(index); }, patience))
        throw std::runtime_error{"the node is not in sync; its log:\n" + node(index).log()};
}

std::string GaleraCluster::status(std::size_t index, const std::string& variable) {
    try {
        // "NAME<tab>VALUE<newline>"
        auto row = node(index).sql("SHOW GLOBAL STATUS LIKE '" + variable + "'");
        if (!row.empty() && row.back() == '\n') row.pop_back();
        return row.substr(row.find('\t') + 1);
    } catch (const std::runtime_error&) {
        return {};
    }
}

bool GaleraCluster::synced(std::size_t index) {
    return status(index, "wsrep_local_state_comment") == "Synced" && status(index, "wsrep_ready") == "ON";
}

bool GaleraCluster::wait_until_synced(std::chrono::milliseconds patience) {
    const auto all_synced = [this] {
        std::size_t running = 0;
        for (const auto& node : nodes_)
            if (node->server->running()) ++running;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (!node(i).running()) continue;
            if (!synced(i) || status(i, "wsrep_cluster_size") != std::to_string(running)) return false;
        }
        return running > 0;
    };
    return eventually(all_synced, patience);
}

} // namespace nanomdm::test
