// What all requests of this server have in common, as libcurl's options. Private to this folder.
#pragma once

#include "nanomdm/error.hpp"

#include <chrono>
#include <curl/curl.h>
#include <memory>
#include <new>
#include <string>
#include <string_view>

namespace nanomdm::http {

/// libcurl wants to be set up once, before other threads use it.
void set_up_libcurl();

/// Who is asked without a proxy: the environment's list, and the loopback addresses, as in Go.
[[nodiscard]] std::string hosts_without_proxy();
/// @param given empty: SSL_CERT_FILE's, if there is one
[[nodiscard]] std::string ca_file_or_environment(std::string given);

template <class Value> void set_option(CURL* curl, CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(curl, option, value);
    if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc{};
    if (code != CURLE_OK) throw Error{Errc::internal, std::string{"libcurl: "} + curl_easy_strerror(code)};
}

/// HTTP/1.1, nothing but http and https, paths as they are, TLS 1.2 at least and verified.
/// @param ca_file empty: the system's roots
void set_connection_options(CURL* curl, const std::string& ca_file, const std::string& no_proxy,
                            std::chrono::milliseconds connect_time);

/// Header fields to be sent in place of libcurl's own.
class FieldList {
public:
    /// @throws Error{Errc::invalid} for what could not be sent as it is.
    void add(std::string_view name, std::string_view value);
    /// Takes out what libcurl would add.
    void suppress(std::string_view name);
    [[nodiscard]] curl_slist* get() const noexcept { return list_.get(); }

private:
    void append(const std::string& line);

    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> list_{nullptr, curl_slist_free_all};
};

[[nodiscard]] bool is_token(std::string_view text) noexcept; // RFC 9110 section 5.6.2

} // namespace nanomdm::http
