// The options of one request, and what its callbacks do.
#include "http/client/stream_transfer.hpp"

#include "encoding/trimmed.hpp"
#include "http/client/http_client.hpp"
#include "http/hop_by_hop.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"

#include <charconv>

namespace nanomdm::http {
namespace {

constexpr unsigned bad_gateway = 502;
/// All header fields of an answer together; far more than any honest server sends.
constexpr std::size_t max_header_bytes = 256 * 1024;
constexpr long piece_bytes = 64 * 1024;
constexpr long longest_idle_seconds = 60;

std::optional<std::uint64_t> length_of(const Headers& headers) {
    if (headers.count("Transfer-Encoding") > 0) return std::nullopt;
    const auto text = headers.get("Content-Length");
    std::uint64_t length = 0;
    if (!text) return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
    return error == std::errc{} && end == text->data() + text->size() ? std::optional{length} : std::nullopt;
}

/// May be sent again, by libcurl, when the connection it was sent over turns out to be dead.
bool is_repeatable(const StreamRequest& request) {
    return request.body == StreamRequest::Body::none && (request.method == "GET" || request.method == "HEAD");
}

} // namespace

StreamTransfer::StreamTransfer(const StreamRequest& request, std::shared_ptr<Stream> stream,
                               const StreamClientOptions& options, const std::string& no_proxy)
    : curl_{curl_easy_init(), curl_easy_cleanup}, stream_{std::move(stream)}, origin_{origin_of(request.url)},
      trace_id_{request.trace_id} {
    if (!curl_) throw std::bad_alloc{};
    CURL* curl = handle();
    set_connection_options(curl, options.ca_file, no_proxy, options.connect_time);
    set_option(curl, CURLOPT_ERRORBUFFER, cause_);
    set_option(curl, CURLOPT_PRIVATE, this);
    set_option(curl, CURLOPT_BUFFERSIZE, piece_bytes);
    set_option(curl, CURLOPT_UPLOAD_BUFFERSIZE, piece_bytes);
    set_option(curl, CURLOPT_MAXAGE_CONN, longest_idle_seconds);
    set_option(curl, CURLOPT_QUICK_EXIT,
               1L); // an exchange cut while its server's name is looked up holds up nobody
    set_option(curl, CURLOPT_HEADERFUNCTION, &take_field);
    set_option(curl, CURLOPT_HEADERDATA, this);
    set_option(curl, CURLOPT_WRITEFUNCTION, &take_piece);
    set_option(curl, CURLOPT_WRITEDATA, this);
    set_request(request);
}

void StreamTransfer::set_request(const StreamRequest& request) {
    CURL* curl = handle();
    if (!is_token(request.method)) throw Error{Errc::invalid, "not an HTTP method"};
    for (const auto& [name, value] : request.headers) fields_.add(name, value);
    for (const char* name : {"Accept", "Content-Type", "Expect", "User-Agent"}) {
        if (request.headers.count(name) == 0) fields_.suppress(name);
    }
    set_option(curl, CURLOPT_URL, request.url.c_str());
    set_option(curl, CURLOPT_HTTPHEADER, fields_.get());
    if (!is_repeatable(request)) set_option(curl, CURLOPT_FRESH_CONNECT, 1L);
    if (request.method == "HEAD") {
        if (request.body != StreamRequest::Body::none)
            throw Error{Errc::invalid, "HEAD with a body"}; // which libcurl cannot send
        set_option(curl, CURLOPT_NOBODY, 1L);
        return;
    }
    if (request.body != StreamRequest::Body::none) {
        const bool known = request.body == StreamRequest::Body::of_length;
        set_option(curl, CURLOPT_UPLOAD, 1L);
        set_option(curl, CURLOPT_INFILESIZE_LARGE, known ? static_cast<curl_off_t>(request.length) : -1);
        set_option(curl, CURLOPT_READFUNCTION, &give_piece);
        set_option(curl, CURLOPT_READDATA, this);
    }
    set_option(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void StreamTransfer::resume() noexcept {
    if (!std::exchange(paused_, false)) return;
    curl_easy_pause(handle(), CURLPAUSE_CONT);
}

void StreamTransfer::end(CURLcode code) {
    if (code == CURLE_OK && begun_) {
        stream_->finish();
        return;
    }
    cut(cause_[0] != '\0' ? cause_ : curl_easy_strerror(code));
}

void StreamTransfer::cut(const char* why) {
    const bool is_wanted = !stream_->abandoned();
    stream_->fail(bad_gateway);
    const log::TraceScope trace{trace_id_};
    log::write(is_wanted ? log::Level::warning : log::Level::info, "passing an answer on failed",
               {{"server", origin_},
                {"err", is_wanted ? why : "the client has gone"},
                {"begun", begun_ ? "true" : "false"}});
}

std::size_t StreamTransfer::take_field(char* bytes, std::size_t size, std::size_t count,
                                       void* transfer) noexcept try {
    auto& self = *static_cast<StreamTransfer*>(transfer);
    const std::size_t length = size * count;
    self.header_bytes_ += length;
    if (self.header_bytes_ > max_header_bytes) return 0;
    self.last_moved_ = Clock::now();
    const std::string_view line{bytes, length};
    if (!self.begun_)
        self.note_field(line);
    else if (line.starts_with("HTTP/")) // libcurl asks again, after a 417 say; the first answer is on its way
        return 0;
    return length; // of trailers, too
} catch (const std::exception&) {
    return 0;
}

void StreamTransfer::note_field(std::string_view line) {
    if (line.empty()) return;
    const bool folded = line.front() == ' ' || line.front() == '\t';
    const auto content = trimmed(line, blanks_and_line_ends);
    const auto colon = content.find(':');
    if (line.starts_with("HTTP/")) // of the answer itself, after an interim one
        answer_ = {};
    else if (content.empty())
        begin_answer();
    else if (folded)
        return; // RFC 9112 section 5.2; nobody sends such lines, and nothing we must understand is in one
    else if (colon != std::string_view::npos)
        answer_.add(std::string{trimmed(content.substr(0, colon))},
                    std::string{trimmed(content.substr(colon + 1))});
}

void StreamTransfer::begin_answer() {
    long status = 0;
    curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
    if (status < 200) return; // an interim one
    stream_->begin({.status = static_cast<unsigned>(status),
                    .headers = end_to_end(answer_),
                    .length = length_of(answer_)});
    begun_ = true;
}

std::size_t StreamTransfer::take_piece(char* bytes, std::size_t size, std::size_t count,
                                       void* transfer) noexcept try {
    auto& self = *static_cast<StreamTransfer*>(transfer);
    if (!self.stream_->write({bytes, size * count})) {
        self.paused_ = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    self.last_moved_ = Clock::now();
    return size * count;
} catch (const std::exception&) {
    return 0;
}

std::size_t StreamTransfer::give_piece(char* into, std::size_t size, std::size_t count,
                                       void* transfer) noexcept {
    auto& self = *static_cast<StreamTransfer*>(transfer);
    const auto [bytes, at_end] = self.stream_->take(into, size * count);
    if (bytes > 0) self.last_moved_ = Clock::now();
    if (bytes > 0 || at_end) return bytes;
    self.paused_ = true;
    return CURL_READFUNC_PAUSE;
}

} // namespace nanomdm::http
