// The environment's proxy is asked, but not for what is on this machine.
#include "http/client/http_client.hpp"
#include "support/upstream/upstream.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace nanomdm::http {
namespace {

using nanomdm::test::Upstream;

/// Sets variables as long as it lives; made before any client reads them.
class Environment {
public:
    explicit Environment(std::vector<std::pair<std::string, std::string>> variables) {
        for (const char* name :
             {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
            ::unsetenv(name);
        for (auto& [name, value] : variables) {
            ::setenv(name.c_str(), value.c_str(), 1);
            names_.push_back(name);
        }
    }
    ~Environment() {
        for (const auto& name : names_) ::unsetenv(name.c_str());
    }

private:
    std::vector<std::string> names_;
};

TEST(HttpClientProxy, IsAskedForOtherHosts) {
    Upstream proxy;
    const Environment environment{{{"http_proxy", proxy.url()}}};
    HttpClient client;
    EXPECT_EQ(client.send({.url = "http://declarations.invalid/tokens"}).status, 200U);
    ASSERT_EQ(proxy.count(), 1U);
    EXPECT_EQ(proxy.requests()[0].target, "http://declarations.invalid/tokens");
}

TEST(HttpClientProxy, IsNotAskedForALoopbackAddress) {
    Upstream proxy;
    Upstream upstream;
    const Environment environment{{{"http_proxy", proxy.url()}, {"no_proxy", "example.org"}}};
    HttpClient client;
    (void)client.send({.url = upstream.url()});
    (void)client.send({.url = "http://localhost:" + std::to_string(upstream.port())});
    EXPECT_EQ(upstream.count(), 2U);
    EXPECT_EQ(proxy.count(), 0U);
}

TEST(HttpClientProxy, IsNotAskedForWhatNoProxyNames) {
    Upstream proxy;
    const Environment environment{{{"http_proxy", proxy.url()}, {"NO_PROXY", ".invalid"}}};
    HttpClient client;
    EXPECT_ANY_THROW((void)client.send({.url = "http://declarations.invalid/"}));
    EXPECT_EQ(proxy.count(), 0U);
}

} // namespace
} // namespace nanomdm::http
