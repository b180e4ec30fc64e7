// The administrator of the tests: calls the REST API with Basic authentication.
#pragma once

#include "support/simulator/http_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::test {

class Api {
public:
    Api(std::string server_url, std::string key) : server_{std::move(server_url)}, key_{std::move(key)} {}

    sim::HttpResponse call(std::string_view method, std::string_view path, std::string body = {},
                           std::string_view content_type = {});
    sim::HttpResponse get(std::string_view path) { return call("GET", path); }

    /// A command as an administrator writes it. @param ids joined by commas
    sim::HttpResponse enqueue(std::string_view ids, std::string_view command, bool push = false);
    /// Enqueues without push and fails the test unless that works. @return the command's bytes
    std::string must_enqueue(std::string_view ids, std::string_view uuid,
                             std::string_view request_type = "DeviceInformation");

    /// Another key, e.g. a wrong one.
    [[nodiscard]] Api with_key(std::string key) const { return Api{server_, std::move(key)}; }

private:
    std::string server_;
    std::string key_;
    sim::HttpClient http_;
};

} // namespace nanomdm::test
