// A server on a free port of the loopback with a few routes to try things on.
#pragma once

#include "http/router.hpp"
#include "http/server.hpp"
#include "http/tls/tls_context.hpp"
#include "http/worker_pool.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

namespace nanomdm::http::test {

/// Where handlers wait until the test lets them go.
class Gate {
public:
    void wait() {
        std::unique_lock lock{mutex_};
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        --waiting_;
    }
    void open() {
        const std::lock_guard lock{mutex_};
        open_ = true;
        changed_.notify_all();
    }
    /// @return whether so many handlers came to wait.
    bool await_waiting(std::size_t count) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return waiting_ >= count; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t waiting_ = 0;
    bool open_ = false;
};

/// What servers speak unless their test says otherwise: TLS with NANOMDM_TEST_TLS in the environment, else
/// null. So the same tests run twice.
[[nodiscard]] const TlsContext* default_tls();

struct TestServerOptions {
    ServerOptions server{};
    std::size_t workers = 2;
    std::size_t queue = 64;
    std::string address = "127.0.0.1:0";
    std::optional<std::uint64_t> most_body = {}; ///< for Server::limit_bodies
    const TlsContext* tls = default_tls();       ///< null: in the clear
};

/// PUT|POST /echo answers the body; GET /version; any /slow waits for the gate; PUT /upstream waits for the
/// gate on the other pool; PUT /choose runs where its body says; /throw/… throws; any /request describes
/// what the handler got; any /certificate answers the client's; PUT /big answers as many bytes as the body
/// says; /guarded asks for a key.
class TestServer {
public:
    explicit TestServer(TestServerOptions options = {});
    ~TestServer();

    /// With "tls:" in front where it speaks TLS.
    const std::string& address() const noexcept { return address_; }
    Server& server() noexcept { return *server_; }
    Gate& gate() noexcept { return gate_; }
    WorkerPool& workers() noexcept { return workers_; }
    unsigned echoes() const noexcept { return echoes_; }

private:
    void add_routes();

    Gate gate_;
    std::atomic<unsigned> echoes_ = 0;
    Router router_;
    WorkerPool workers_;
    WorkerPool upstream_;
    std::optional<Server> server_;
    std::string address_;
};

} // namespace nanomdm::http::test
