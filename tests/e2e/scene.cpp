// Starting and stopping the program under test.
#include "e2e/scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace nanomdm::test {

const sim::Authority& test_authority() {
    static const sim::Authority authority = sim::Authority::create("End-to-end test CA");
    return authority;
}

sim::Identity test_identity(std::string_view common_name) {
    sim::CertificateRequest request;
    request.common_name = common_name;
    return test_authority().issue(request, sim::KeyKind::ec_p256);
}

std::string nanomdm_binary() { return NANOMDM_BINARY; }

Scene::Scene(std::vector<std::string> more) : more_{std::move(more)} {
    directory_.write("ca.pem", test_authority().identity().certificate_pem());
    start();
}

std::vector<std::string> Scene::command() const {
    std::vector<std::string> command{
        nanomdm_binary(), "-listen", "127.0.0.1:0", "-api", api_key, "-ca", (directory_ / "ca.pem").string()};
    if (std::ranges::find(more_, "-storage") == more_.end()) {
        for (const auto& part :
             {std::string{"-storage"}, std::string{"file"}, std::string{"-storage-dsn"}, storage().string()})
            command.push_back(part);
    }
    command.insert(command.end(), more_.begin(), more_.end());
    return command;
}

void Scene::start() {
    server_.reset();
    ChildProcess::Options options;
    options.command = command();
    options.working_directory = directory_.path();
    server_ = std::make_unique<ServerProcess>(std::move(options));
    api_ = std::make_unique<Api>(server_->url(), api_key);
}

void Scene::restart(std::vector<std::string> more) {
    stop();
    more_ = std::move(more);
    start();
}

void Scene::stop() { EXPECT_EQ(server_->stop(), (ExitStatus{.code = 0, .signal = 0})) << server_->log(); }

Finished Scene::check() const {
    return run({nanomdm_binary(), "-storage", "file", "-storage-dsn", storage().string(), "-check"}, 60s);
}

sim::Endpoint Scene::endpoint(sim::Proof proof) const {
    return {.url = server_->url() + "/mdm", .proof = proof};
}

sim::Device Scene::device(std::string_view udid) const {
    return device(sim::Channel::device(std::string{udid}), test_identity(udid));
}

sim::Device Scene::device(sim::Channel channel, sim::Identity identity) const {
    return sim::Device{std::move(channel), std::move(identity), endpoint()};
}

sim::Device Scene::enrolled(std::string_view udid) const {
    auto device = this->device(udid);
    device.enroll();
    return device;
}

} // namespace nanomdm::test
