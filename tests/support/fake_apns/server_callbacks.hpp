// The nghttp2 side of a server session.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string>
#include <utility>
#include <vector>

namespace nanomdm::fake_apns {

class ServerSession;
using Fields = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] nghttp2_session* open_server_session(ServerSession& owner);
/// A header block that does not end the stream.
void submit_header(nghttp2_session* http2, std::int32_t stream, const Fields& fields);
void submit_answer(nghttp2_session* http2, std::int32_t stream, const Fields& fields, bool with_body);

} // namespace nanomdm::fake_apns
