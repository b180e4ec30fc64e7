// RFC 9112 section 6: which framing an answer gets, and writing it.
#include "http/stream_writer.hpp"

#include "http/response_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace nanomdm::http {
namespace {

constexpr unsigned bad_gateway = 502;

} // namespace

std::pair<std::string_view, std::string_view> StreamWriter::pending() const noexcept {
    const std::string_view prefix{prefix_};
    const std::string_view piece{piece_};
    const auto of_prefix = std::min(sent_, prefix.size());
    return {prefix.substr(of_prefix), piece.substr(sent_ - of_prefix)};
}

void StreamWriter::fill(bool may_stay) {
    prefix_.clear();
    piece_.clear();
    sent_ = 0;
    const auto answer = stream_.collect(piece_);
    if (answer.head) begin(*answer.head, may_stay);
    frame();
    if (answer.state != Stream::State::open) end(answer);
}

void StreamWriter::invite_body() {
    prefix_ = "HTTP/1.1 100 Continue\r\n\r\n";
    piece_.clear();
    sent_ = 0;
}

void StreamWriter::begin(const StreamHead& head, bool may_stay) {
    status_ = head.status;
    left_ = head.length.value_or(0);
    if (without_body_ || !may_have_body(head.status))
        framing_ = Framing::none;
    else if (head.length)
        framing_ = Framing::length;
    else
        framing_ = http_10_ ? Framing::connection : Framing::chunked;
    stays_ = may_stay && framing_ != Framing::connection;
    prefix_ = stream_head(head, framing_ == Framing::chunked, stays_, http_10_);
}

void StreamWriter::frame() {
    if (framing_ == Framing::none) piece_.clear();
    if (framing_ == Framing::length) {
        if (piece_.size() > left_) piece_.resize(static_cast<std::size_t>(left_));
        left_ -= piece_.size();
    }
    body_bytes_ += piece_.size();
    if (framing_ != Framing::chunked || piece_.empty()) return;
    std::array<char, 16> size{};
    auto* const end = std::to_chars(size.data(), size.data() + size.size(), piece_.size(), 16).ptr;
    prefix_.append(size.data(), end).append("\r\n");
    piece_.append("\r\n");
}

void StreamWriter::end(const Stream::Answer& answer) {
    over_ = true;
    failure_ = answer.failure != 0 ? answer.failure : bad_gateway;
    whole_ =
        answer.state == Stream::State::finished && has_begun() && (framing_ != Framing::length || left_ == 0);
    if (whole_ && framing_ == Framing::chunked) piece_.append("0\r\n\r\n");
}

} // namespace nanomdm::http
