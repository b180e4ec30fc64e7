// The strict rules on top of beast::http::basic_parser.
#include <utility> // before Asio: g++ 12 needs std::exchange declared

#include "http/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <functional>
#include <limits>

namespace nanomdm::http {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;

constexpr std::size_t max_fields = 256;
/// No chunked message ends in less, and Beast 1.74 asserts that it sees so much of the last chunk.
constexpr std::string_view last_chunk = "0\r\n\r\n";
/// A chunk's size line with its extensions, or a block of trailers.
constexpr std::size_t max_chunk_line = 8 * 1024;
/// A declared length is the client's word only: more is reserved as the bytes arrive.
constexpr std::uint64_t max_reserved = 256 * 1024;

std::string to_string(beast::string_view text) { return {text.data(), text.size()}; }
std::string_view to_view(beast::string_view text) { return {text.data(), text.size()}; }

} // namespace

class RequestParser::Impl final : public beast::http::basic_parser<true> {
public:
    explicit Impl(std::uint32_t limit) : limit_{limit} {
        header_limit(limit);
        // The session decides at the header's end. Not boost::none: in Beast 1.74 it is the least limit.
        body_limit(std::numeric_limits<std::uint64_t>::max());
    }

    std::size_t feed(std::string_view bytes) {
        std::size_t used = 0;
        while (used < bytes.size() && state_ != State::complete && state_ != State::failed) {
            const State before = state_;
            error_code error;
            offered_ = bytes.substr(used);
            if (before == State::body && chunked() && offered_.size() < last_chunk.size()) break;
            const std::size_t n = put(boost::asio::const_buffer{offered_.data(), offered_.size()}, error);
            used += n;
            if (before == State::header) header_bytes_ += n;
            if (error == beast::http::error::need_more) {
                check_pending(bytes.size() - used);
                break;
            }
            if (error)
                fail(status_for(error));
            else if (before == State::header)
                finish_header();
            if (state_ != State::failed && is_done()) state_ = State::complete;
            if (before == State::header) break;
        }
        return used;
    }

    State state_ = State::header;
    unsigned failure_ = 0;
    bool has_target_ = false;
    int version_ = 11;
    HttpRequest request_;

private:
    void fail(unsigned status) noexcept {
        state_ = State::failed;
        if (failure_ == 0) failure_ = status;
    }

    /// Aborts put() with a status of our own.
    void refuse(unsigned status, error_code& error) noexcept {
        failure_ = status;
        error = beast::http::error::bad_value;
    }

    static unsigned status_for(const error_code& error) noexcept {
        if (error == beast::http::error::header_limit) return 431;
        if (error == beast::http::error::body_limit) return 413;
        if (error == beast::http::error::bad_version) return 505;
        return 400;
    }

    void check_pending(std::size_t pending) noexcept {
        if (state_ == State::header) {
            if (header_bytes_ + pending >= limit_) fail(431);
        } else if (pending > max_chunk_line) {
            fail(400);
        }
    }

    void finish_header() noexcept {
        state_ = State::body;
        if (header_bytes_ > limit_)
            fail(431);
        else if (has_transfer_encoding_ && version_ == 10)
            fail(400);
        else if (version_ == 11 ? hosts_ != 1 : hosts_ > 1)
            fail(400);
    }

    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                         error_code& error) override {
        version_ = version;
        request_.method = to_string(method);
        auto rest = to_view(target);
        if (!rest.starts_with('/')) { // absolute form, as a proxy is asked; the authority is Host's business
            const auto scheme_end = rest.find("://");
            const auto scheme = rest.substr(0, std::min(scheme_end, rest.size()));
            if (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https"))
                return refuse(400, error);
            const auto path = rest.find_first_of("/?", scheme_end + 3);
            rest = path == std::string_view::npos ? std::string_view{} : rest.substr(path);
        }
        const auto question = std::min(rest.find('?'), rest.size());
        request_.path = question == 0 ? "/" : rest.substr(0, question);
        request_.query = rest.substr(std::min(question + 1, rest.size()));
        request_.headers.reserve(12);
        has_target_ = true;
    }

    void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                       error_code& error) override {
        // A trailer must not pass for a header that a proxy in front has vouched for.
        if (state_ != State::header) return;
        if (is_folded(name, value)) return refuse(400, error);
        if (request_.headers.size() == max_fields) return refuse(431, error);
        if (field == beast::http::field::content_length) {
            if (has_content_length_ || value.find(',') != beast::string_view::npos) return refuse(400, error);
            has_content_length_ = true;
        } else if (field == beast::http::field::transfer_encoding) {
            has_transfer_encoding_ = true;
            if (!equal_ignoring_case(to_view(value), "chunked")) return refuse(501, error);
        } else if (field == beast::http::field::host) {
            ++hosts_;
        }
        request_.headers.add(to_string(name), to_string(value));
    }

    /// Beast joins folded lines in a buffer of its own, or skips an empty first line.
    bool is_folded(beast::string_view name, beast::string_view value) const noexcept {
        if (value.empty()) return false;
        const std::less<const char*> before;
        if (before(value.data(), name.end()) || before(offered_.data() + offered_.size(), value.end()))
            return true;
        return std::find(name.end(), value.begin(), '\n') != value.begin();
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (length) request_.body.reserve(static_cast<std::size_t>(std::min(*length, max_reserved)));
    }
    std::size_t on_body_impl(beast::string_view bytes, error_code&) override {
        request_.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code& error) override {
        return on_body_impl(bytes, error);
    }
    void on_response_impl(int, beast::string_view, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    void on_finish_impl(error_code&) override {}

    const std::uint32_t limit_;
    std::size_t header_bytes_ = 0;
    std::string_view offered_; ///< during put()
    unsigned hosts_ = 0;
    bool has_content_length_ = false;
    bool has_transfer_encoding_ = false;
};

RequestParser::RequestParser(std::uint32_t header_limit) : impl_{std::make_unique<Impl>(header_limit)} {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) { return impl_->feed(bytes); }
void RequestParser::limit_body(std::uint64_t bytes) { impl_->body_limit(bytes); }
RequestParser::State RequestParser::state() const noexcept { return impl_->state_; }
unsigned RequestParser::failure() const noexcept { return impl_->failure_; }
bool RequestParser::has_target() const noexcept { return impl_->has_target_; }
bool RequestParser::keep_alive() const { return impl_->keep_alive(); }
bool RequestParser::is_http_10() const { return impl_->version_ == 10; }
bool RequestParser::is_chunked() const { return impl_->chunked(); }
std::optional<std::uint64_t> RequestParser::content_length() const {
    const auto length = impl_->content_length();
    return length ? std::optional<std::uint64_t>{*length} : std::nullopt;
}
HttpRequest& RequestParser::request() noexcept { return impl_->request_; }

} // namespace nanomdm::http
