// Thin over the simulator's HTTP client.
#include "e2e/api.hpp"

#include "support/simulator/plist_dict.hpp"

#include <gtest/gtest.h>

namespace nanomdm::test {

sim::HttpResponse Api::call(std::string_view method, std::string_view path, std::string body,
                            std::string_view content_type) {
    sim::HttpRequest request;
    request.method = method;
    request.url = server_ + std::string{path};
    request.headers.emplace_back("Authorization", "Basic " + sim::base64("nanomdm:" + key_));
    request.headers.emplace_back("Content-Type", content_type);
    request.has_body = method == "PUT" || method == "POST";
    request.body = std::move(body);
    return http_.send(request);
}

sim::HttpResponse Api::enqueue(std::string_view ids, std::string_view command, bool push) {
    return call("PUT", "/v1/enqueue/" + std::string{ids} + (push ? "" : "?nopush=1"), std::string{command});
}

std::string Api::must_enqueue(std::string_view ids, std::string_view uuid, std::string_view request_type) {
    auto command = sim::command_plist(uuid, request_type);
    const auto response = enqueue(ids, command);
    EXPECT_EQ(response.status, 200) << response.body;
    return command;
}

} // namespace nanomdm::test
