// What may be shown of a URL.
#include "http/client/http_client.hpp"
#include "nanomdm/error.hpp"

#include <curl/curl.h>
#include <new>

namespace nanomdm::http {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(const Url& url, CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(url.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    const std::unique_ptr<char, decltype(&curl_free)> owned{text, curl_free};
    return owned.get();
}

} // namespace

std::string origin_of(const std::string& text) {
    const Url url{curl_url(), curl_url_cleanup};
    if (!url) throw std::bad_alloc{};
    const bool parsed = text.find('\0') == std::string::npos &&
                        curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
    const std::string scheme = parsed ? part(url, CURLUPART_SCHEME) : "";
    if (scheme != "http" && scheme != "https")
        throw Error{Errc::invalid, "not an absolute http or https URL"};
    return scheme + "://" + part(url, CURLUPART_HOST) + ":" + part(url, CURLUPART_PORT);
}

} // namespace nanomdm::http
