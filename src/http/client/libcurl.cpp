// Options and fields that every request gets.
#include "http/client/libcurl.hpp"

#include <algorithm>
#include <cstdlib>

namespace nanomdm::http {
namespace {

/// Controls would end the field, or the C string that carries it, before its time.
bool is_field_value(std::string_view text) noexcept {
    return std::ranges::none_of(
        text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

} // namespace

void set_up_libcurl() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) throw Error{Errc::internal, std::string{"libcurl: "} + curl_easy_strerror(code)};
}

std::string hosts_without_proxy() {
    const char* given = std::getenv("no_proxy");
    if (given == nullptr) given = std::getenv("NO_PROXY");
    std::string hosts = given == nullptr ? "" : given;
    if (hosts == "*") return hosts;
    if (!hosts.empty()) hosts += ',';
    return hosts + "localhost,127.0.0.0/8,::1";
}

std::string ca_file_or_environment(std::string given) {
    const char* roots = std::getenv("SSL_CERT_FILE");
    if (given.empty() && roots != nullptr) given = roots;
    return given;
}

void set_connection_options(CURL* curl, const std::string& ca_file, const std::string& no_proxy,
                            std::chrono::milliseconds connect_time) {
    set_option(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    set_option(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set_option(curl, CURLOPT_NOSIGNAL, 1L);
    set_option(curl, CURLOPT_PATH_AS_IS, 1L);
    set_option(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    set_option(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set_option(curl, CURLOPT_NOPROXY, no_proxy.c_str());
    set_option(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_time.count()));
    set_option(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (ca_file.empty()) return;
    set_option(curl, CURLOPT_CAINFO, ca_file.c_str());
    set_option(curl, CURLOPT_CAPATH, nullptr); // that file alone, not the system's roots besides
}

void FieldList::add(std::string_view name, std::string_view value) {
    if (!is_token(name) || !is_field_value(value))
        throw Error{Errc::invalid, "a header field that cannot be sent"};
    std::string line{name};
    if (value.empty())
        line += ';'; // libcurl's way to write an empty one
    else
        line.append(": ").append(value);
    append(line);
}

void FieldList::suppress(std::string_view name) { append(std::string{name} + ':'); }

void FieldList::append(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc{};
    (void)list_.release();
    list_.reset(longer);
}

bool is_token(std::string_view text) noexcept {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               marks.find(c) != std::string_view::npos;
    });
}

} // namespace nanomdm::http
