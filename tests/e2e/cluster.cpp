#include "e2e/cluster.hpp"

#include "e2e/scene.hpp"

#include <gtest/gtest.h>
#include <utility>

namespace nanomdm::test {
namespace {

std::string address(const ReservedPort& port) { return "127.0.0.1:" + std::to_string(port.number()); }

} // namespace

Cluster::Cluster(const std::vector<std::string>& dsns, std::vector<std::string> more)
    : more_{std::move(more)} {
    directory_.write("ca.pem", test_authority().identity().certificate_pem());
    std::vector<std::string> addresses;
    for (const auto& dsn : dsns) {
        members_.push_back(std::make_unique<Member>());
        members_.back()->dsn = dsn;
        addresses.push_back(address(members_.back()->port));
        start(members_.size() - 1);
    }
    balancer_.emplace(addresses);
}

void Cluster::kill(std::size_t index) { members_[index]->process->process().kill(); }

void Cluster::start(std::size_t index) {
    auto& member = *members_[index];
    member.process.reset();
    ChildProcess::Options options;
    options.command = {nanomdm_binary(),
                       "-listen",
                       address(member.port),
                       "-api",
                       Scene::api_key,
                       "-ca",
                       (directory_ / "ca.pem").string(),
                       "-storage",
                       "mysql",
                       "-storage-dsn",
                       member.dsn,
                       "-migrate-schema=auto"};
    options.command.insert(options.command.end(), more_.begin(), more_.end());
    options.working_directory = directory_.path();
    member.process = std::make_unique<ServerProcess>(std::move(options));
}

void Cluster::stop() {
    for (const auto& member : members_)
        EXPECT_EQ(member->process->stop(), (ExitStatus{.code = 0, .signal = 0})) << member->process->log();
}

sim::Endpoint Cluster::endpoint() const { return {.url = balancer_->url() + "/mdm"}; }

Api Cluster::api(std::size_t index) const {
    return Api{"http://" + address(members_[index]->port), Scene::api_key};
}

std::string Cluster::log(std::size_t index) const { return members_[index]->process->log(); }

} // namespace nanomdm::test
