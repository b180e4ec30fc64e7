// One real server with its own storage and CA, and devices that know it.
#pragma once

#include "e2e/api.hpp"
#include "support/process/server_process.hpp"
#include "support/process/temp_dir.hpp"
#include "support/simulator/device.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::test {

/// The CA of all tests; made once per program.
[[nodiscard]] const sim::Authority& test_authority();
/// An identity by that CA with a P-256 key: fast to make.
[[nodiscard]] sim::Identity test_identity(std::string_view common_name);

class Scene {
public:
    static constexpr const char* api_key = "secret-api-key";

    /// @param more further arguments for the server, e.g. {"-retro"}; with a `-storage` it gets no other
    explicit Scene(std::vector<std::string> more = {});

    [[nodiscard]] ServerProcess& server() { return *server_; }
    [[nodiscard]] std::string url() const { return server_->url(); }
    [[nodiscard]] Api& api() noexcept { return *api_; }
    [[nodiscard]] std::filesystem::path storage() const { return directory_ / "db"; }
    [[nodiscard]] TempDir& directory() noexcept { return directory_; }
    [[nodiscard]] const TempDir& directory() const noexcept { return directory_; }

    [[nodiscard]] sim::Endpoint endpoint(sim::Proof proof = sim::Proof::mdm_signature) const;
    /// A Mac with an identity of its own, not yet enrolled.
    [[nodiscard]] sim::Device device(std::string_view udid) const;
    /// Any channel with a given identity.
    [[nodiscard]] sim::Device device(sim::Channel channel, sim::Identity identity) const;
    /// A Mac that has enrolled.
    [[nodiscard]] sim::Device enrolled(std::string_view udid) const;

    /// The arguments the server is started with.
    [[nodiscard]] std::vector<std::string> command() const;
    /// Starts the server again on the same storage; the old one must have ended.
    void start();
    /// SIGTERM, then start() with these further arguments in place of the former ones.
    void restart(std::vector<std::string> more);
    void stop();

    /// `-check` on the storage; the server must not run.
    [[nodiscard]] Finished check() const;

private:
    TempDir directory_;
    std::vector<std::string> more_;
    std::unique_ptr<ServerProcess> server_;
    std::unique_ptr<Api> api_;
};

/// The server's program.
[[nodiscard]] std::string nanomdm_binary();

} // namespace nanomdm::test
