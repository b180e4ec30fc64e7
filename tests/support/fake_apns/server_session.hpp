// One connection of the fake APNs: TLS by Asio, HTTP/2 by an nghttp2 server session.
#pragma once

#include "support/fake_apns/server_state.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <nghttp2/nghttp2.h>

#include <array>
#include <memory>
#include <string>
#include <unordered_map>

namespace nanomdm::fake_apns {

class ServerSession : public std::enable_shared_from_this<ServerSession> {
public:
    ServerSession(ServerState& state, boost::asio::ip::tcp::socket socket,
                  std::shared_ptr<boost::asio::ssl::context> tls, std::size_t number);
    ~ServerSession();
    ServerSession(const ServerSession&) = delete;
    ServerSession& operator=(const ServerSession&) = delete;

    void start();
    void answer(std::int32_t stream, const Reply& reply);
    void announce_max_streams();
    void goaway(const std::string& debug_data, bool keep_received);
    void fall_silent();
    void close();
    void flush();

private:
    friend struct ServerCallbacks;
    struct Request {
        Notification notification;
        std::string body; ///< of the answer
        std::size_t body_sent = 0;
        bool trailers = false;
    };

    void open_http2();
    void read();
    void received(std::int32_t stream);
    void answered(std::int32_t stream);

    ServerState& state_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
    std::size_t number_;
    std::string client_uid_;
    std::string client_serial_;
    nghttp2_session* http2_ = nullptr;
    std::unordered_map<std::int32_t, Request> requests_;
    std::array<char, 16 * 1024> in_;
    std::string out_;
    bool writing_ = false;
    bool silent_ = false;
    bool closed_ = false;
};

} // namespace nanomdm::fake_apns
