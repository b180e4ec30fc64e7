// libcurl's easy interface, certificates from memory.
#include "support/simulator/http_client.hpp"

#include <algorithm>
#include <cctype>
#include <curl/curl.h>
#include <mutex>

namespace nanomdm::sim {
namespace {

std::size_t append_body(char* data, std::size_t, std::size_t size, void* into) {
    static_cast<HttpResponse*>(into)->body.append(data, size);
    return size;
}

std::size_t add_header(char* data, std::size_t, std::size_t size, void* into) {
    auto& response = *static_cast<HttpResponse*>(into);
    std::string_view line{data, size};
    if (line.starts_with("HTTP/")) response.headers.clear(); // a 100 Continue came before
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string name{line.substr(0, colon)};
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    line.remove_prefix(colon + 1);
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    response.headers.emplace_back(std::move(name), line);
    return size;
}

using HeaderList = std::unique_ptr<curl_slist, decltype([](curl_slist* list) { curl_slist_free_all(list); })>;

HeaderList header_list(const HttpRequest& request) {
    HeaderList list;
    for (const auto& [name, value] : request.headers) {
        const std::string line = value.empty() ? name + ":" : name + ": " + value;
        list.reset(curl_slist_append(list.release(), line.c_str()));
    }
    return list;
}

} // namespace

std::optional<std::string> HttpResponse::header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers)
        if (name == lower_case_name) return value;
    return std::nullopt;
}

struct HttpClient::Impl {
    CURL* curl = nullptr;
    TlsOptions tls;
    std::string certificate_pem; // curl keeps pointers into these three
    std::string key_pem;
    long timeout_ms = 0;

    Impl(TlsOptions options, long timeout) : tls{std::move(options)}, timeout_ms{timeout} {
        static std::once_flag once;
        std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
        curl = curl_easy_init();
        if (curl == nullptr) throw std::runtime_error{"curl_easy_init failed"};
        if (tls.client) {
            certificate_pem = tls.client->certificate_pem();
            key_pem = tls.client->key_pem();
        }
    }
    ~Impl() { curl_easy_cleanup(curl); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void set_blob(CURLoption option, std::string& text) const {
        if (text.empty()) return;
        curl_blob blob{.data = text.data(), .len = text.size(), .flags = CURL_BLOB_NOCOPY};
        curl_easy_setopt(curl, option, &blob);
    }
};

HttpClient::HttpClient(TlsOptions tls, std::chrono::milliseconds timeout)
    : impl_{std::make_unique<Impl>(std::move(tls), static_cast<long>(timeout.count()))} {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

HttpResponse HttpClient::send(const HttpRequest& request) {
    CURL* curl = impl_->curl;
    curl_easy_reset(curl); // keeps the connections
    HttpResponse response;
    const auto headers = header_list(request);
    char reason[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, impl_->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &append_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &add_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response);
    if (request.has_body || !request.body.empty()) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
    if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (!impl_->tls.from.empty()) curl_easy_setopt(curl, CURLOPT_INTERFACE, impl_->tls.from.c_str());
    impl_->set_blob(CURLOPT_SSLCERT_BLOB, impl_->certificate_pem);
    impl_->set_blob(CURLOPT_SSLKEY_BLOB, impl_->key_pem);
    impl_->set_blob(CURLOPT_CAINFO_BLOB, impl_->tls.ca_pem);
    const CURLcode result = curl_easy_perform(curl);
    if (result != CURLE_OK)
        throw ConnectionError{request.url + ": " + (*reason != '\0' ? reason : curl_easy_strerror(result))};
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response.status);
    return response;
}

} // namespace nanomdm::sim
