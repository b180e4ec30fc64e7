// One request through libcurl: options in, callbacks, the result as a value or an Error.
#include "http/client/easy_handle.hpp"

#include "encoding/trimmed.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <new>
#include <string_view>

namespace nanomdm::http {
namespace {

/// All header fields of an answer together; far more than any honest server sends.
constexpr std::size_t max_header_bytes = 256 * 1024;

curl_blob blob_of(const std::string& bytes) noexcept {
    return {.data = const_cast<char*>(bytes.data()), .len = bytes.size(), .flags = CURL_BLOB_COPY};
}

} // namespace

/// What has arrived so far.
struct EasyHandle::Answer {
    ClientResponse response;
    std::size_t header_bytes = 0;
    std::size_t max_body;
    bool too_large = false;
};

EasyHandle::EasyHandle(const ClientOptions& options, const std::string& no_proxy,
                       const std::atomic<bool>& stopping)
    : options_{options}, no_proxy_{no_proxy}, stopping_{stopping}, curl_{curl_easy_init(),
                                                                         curl_easy_cleanup} {
    if (!curl_) throw std::bad_alloc{};
}

template <class Value> void EasyHandle::set(CURLoption option, Value value) {
    set_option(curl_.get(), option, value);
}

ClientResponse EasyHandle::perform(const ClientRequest& request) {
    const std::string origin = origin_of(request.url);
    const FieldList fields = fields_of(request);
    Answer answer{.response = {}, .header_bytes = 0, .max_body = options_.max_body};
    char cause[CURL_ERROR_SIZE] = "";

    curl_easy_reset(curl_.get()); // the connections stay
    set_common(answer);
    set_request(request, fields.get());
    set(CURLOPT_ERRORBUFFER, cause);
    const CURLcode code = curl_easy_perform(curl_.get());
    curl_easy_setopt(curl_.get(), CURLOPT_ERRORBUFFER, nullptr);

    if (code != CURLE_OK) {
        std::string why = cause[0] != '\0' ? cause : curl_easy_strerror(code);
        if (answer.too_large || code == CURLE_FILESIZE_EXCEEDED) why = "its answer is too long";
        if (code == CURLE_ABORTED_BY_CALLBACK) why = "given up, this server is stopping";
        throw Error{Errc::upstream_failed, origin + ": " + why};
    }
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    answer.response.status = static_cast<unsigned>(status);
    return std::move(answer.response);
}

void EasyHandle::set_common(Answer& answer) {
    set_connection_options(curl_.get(), options_.ca_file, no_proxy_, options_.connect_time);
    set(CURLOPT_USERAGENT, "nanomdm");
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options_.total_time.count()));
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options_.max_body));
    set(CURLOPT_HEADERFUNCTION, &take_field);
    set(CURLOPT_HEADERDATA, &answer);
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, &answer);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &may_go_on);
    set(CURLOPT_XFERINFODATA, &stopping_);
}

void EasyHandle::set_request(const ClientRequest& request, curl_slist* fields) {
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_HTTPHEADER, fields);
    if (request.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
    } else if (!request.body.empty() || (request.method != "GET" && request.method != "DELETE")) {
        // An empty body too, for the Content-Length: 0 that some servers want.
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_POSTFIELDS, request.body.data());
    }
    if (request.method != "HEAD") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (!request.identity) return;
    const curl_blob certificate = blob_of(request.identity->certificate_pem);
    const curl_blob key = blob_of(request.identity->private_key_pem);
    set(CURLOPT_SSLCERT_BLOB, &certificate);
    set(CURLOPT_SSLKEY_BLOB, &key);
}

FieldList EasyHandle::fields_of(const ClientRequest& request) {
    if (!is_token(request.method)) throw Error{Errc::invalid, "not an HTTP method"};
    FieldList fields;
    for (const auto& [name, value] : request.headers) fields.add(name, value);
    for (const char* name : {"Content-Type", "Expect"}) {
        if (request.headers.count(name) == 0) fields.suppress(name);
    }
    return fields;
}

std::size_t EasyHandle::take_field(char* bytes, std::size_t size, std::size_t count, void* data) noexcept
    try {
    auto& answer = *static_cast<Answer*>(data);
    const std::string_view line{bytes, size * count};
    answer.header_bytes += line.size();
    if (answer.header_bytes > max_header_bytes) {
        answer.too_large = true;
        return 0;
    }
    const auto colon = line.find(':');
    if (line.starts_with("HTTP/")) // of the answer itself, after an interim one
        answer.response.headers = {};
    else if (colon != std::string_view::npos)
        answer.response.headers.add(std::string{trimmed(line.substr(0, colon), blanks_and_line_ends)},
                                    std::string{trimmed(line.substr(colon + 1), blanks_and_line_ends)});
    return line.size();
} catch (const std::bad_alloc&) {
    return 0;
}

std::size_t EasyHandle::take_body(char* bytes, std::size_t size, std::size_t count, void* data) noexcept try {
    auto& answer = *static_cast<Answer*>(data);
    auto& body = answer.response.body;
    if (size * count > answer.max_body - body.size()) {
        answer.too_large = true;
        return 0;
    }
    body.append(bytes, size * count);
    return size * count;
} catch (const std::bad_alloc&) {
    return 0;
}

int EasyHandle::may_go_on(void* stopping, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    return static_cast<const std::atomic<bool>*>(stopping)->load(std::memory_order_relaxed) ? 1 : 0;
}

} // namespace nanomdm::http
