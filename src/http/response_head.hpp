// The status line and header fields of an answer.
#pragma once

#include "http/message.hpp"
#include "http/stream.hpp"

#include <string>

namespace nanomdm::http {

/// Status line and fields up to the empty line, with Server, Date, Content-Length and Connection. Fields a
/// handler added that would break the framing (those four, Transfer-Encoding, or a line break in a value)
/// are left out.
[[nodiscard]] std::string response_head(const HttpResponse& response, bool keep_alive, bool http_10);

/// The same for a streamed answer, whose fields are another server's; Date is added when it has none. Its
/// length is told where it is known and the status has one.
[[nodiscard]] std::string stream_head(const StreamHead& head, bool chunked, bool keep_alive, bool http_10);

/// Whether an answer with this status has a body at all (RFC 9110 section 6.4.1).
[[nodiscard]] bool may_have_body(unsigned status) noexcept;

} // namespace nanomdm::http
