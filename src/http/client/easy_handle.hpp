// libcurl's easy handle as a C++ value, for whole requests and answers.
#pragma once

#include "http/client/http_client.hpp"
#include "http/client/libcurl.hpp"

#include <atomic>
#include <curl/curl.h>
#include <memory>

namespace nanomdm::http {

/// One handle with the connection it keeps. Not thread-safe: its holder alone uses it.
class EasyHandle {
public:
    /// @param options, no_proxy, stopping outlive the handle.
    EasyHandle(const ClientOptions& options, const std::string& no_proxy, const std::atomic<bool>& stopping);

    /// HttpClient::send()
    [[nodiscard]] ClientResponse perform(const ClientRequest& request);

private:
    struct Answer;

    template <class Value> void set(CURLoption option, Value value);
    void set_common(Answer& answer);
    void set_request(const ClientRequest& request, curl_slist* fields);
    [[nodiscard]] static FieldList fields_of(const ClientRequest& request);

    static std::size_t take_field(char* bytes, std::size_t size, std::size_t count, void* answer) noexcept;
    static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* answer) noexcept;
    static int may_go_on(void* stopping, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept;

    const ClientOptions& options_;
    const std::string& no_proxy_;
    const std::atomic<bool>& stopping_;
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
};

} // namespace nanomdm::http
