// A tiny HTTP/1.1 server that answers as a test says: for testing clients without the real server.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace nanomdm::test {

/// A request as it came in; header names in lower case.
struct SeenRequest {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;
    std::string body;
};

/// One thread per connection; keep-alive.
class ScriptedServer {
public:
    /// @param answer the body for a request; called on the connections' threads, one at a time.
    explicit ScriptedServer(std::function<std::string(const SeenRequest&)> answer);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::vector<SeenRequest> seen() const;

private:
    void accept_all();
    void serve(int connection);

    std::function<std::string(const SeenRequest&)> answer_;
    mutable std::mutex mutex_;
    std::vector<SeenRequest> seen_;
    std::set<int> open_;
    std::vector<std::thread> connections_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::thread acceptor_;
};

} // namespace nanomdm::test
