// Reads a CONNECT request, dials, then copies bytes both ways.
#include "support/fake_apns/connect_proxy.hpp"

#include "encoding/base64.hpp"

#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <mutex>
#include <thread>

namespace nanomdm::fake_apns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class Tunnel : public std::enable_shared_from_this<Tunnel> {
public:
    Tunnel(asio::io_context& io, tcp::socket client) : client_{std::move(client)}, server_{io} {}

    template <class Decide> void start(Decide decide) {
        asio::async_read_until(
            client_, asio::dynamic_buffer(request_), "\r\n\r\n",
            [self = shared_from_this(), decide](const boost::system::error_code& failed, std::size_t) {
                if (!failed) decide(*self);
            });
    }

    [[nodiscard]] const std::string& request() const { return request_; }

    void refuse(const std::string& status_and_headers) {
        write(client_, "HTTP/1.1 " + status_and_headers + "\r\n\r\n", [](Tunnel&) {});
    }

    void open(const std::string& host, const std::string& port) {
        boost::system::error_code failed;
        asio::connect(server_, tcp::resolver{client_.get_executor()}.resolve(host, port), failed);
        if (failed) return refuse("502 Bad Gateway");
        write(client_, "HTTP/1.1 200 Connection established\r\n\r\n", [](Tunnel& self) {
            self.copy(self.client_, self.server_, self.up_);
            self.copy(self.server_, self.client_, self.down_);
        });
    }

private:
    using Buffer = std::array<char, 16 * 1024>;

    template <class Then> void write(tcp::socket& to, std::string text, Then then) {
        answer_ = std::move(text);
        asio::async_write(
            to, asio::buffer(answer_),
            [self = shared_from_this(), then](const boost::system::error_code& failed, std::size_t) {
                if (!failed) then(*self);
            });
    }

    void copy(tcp::socket& from, tcp::socket& to, Buffer& buffer) {
        auto self = shared_from_this();
        from.async_read_some(
            asio::buffer(buffer),
            [self, &from, &to, &buffer](const boost::system::error_code& failed, std::size_t size) {
                if (failed) return self->close();
                asio::async_write(
                    to, asio::buffer(buffer.data(), size),
                    [self, &from, &to, &buffer](const boost::system::error_code& broken, std::size_t) {
                        if (broken) return self->close();
                        self->copy(from, to, buffer);
                    });
            });
    }

    void close() {
        boost::system::error_code ignored;
        client_.close(ignored);
        server_.close(ignored);
    }

    tcp::socket client_;
    tcp::socket server_;
    std::string request_;
    std::string answer_;
    Buffer up_;
    Buffer down_;
};

} // namespace

struct ConnectProxy::Impl {
    explicit Impl(ProxyOptions given)
        : options{std::move(given)}, acceptor{io, {asio::ip::address_v4::loopback(), 0}} {
        accept();
        thread = std::thread{[this] { io.run(); }};
    }
    ~Impl() {
        io.stop();
        thread.join();
    }

    void accept() {
        acceptor.async_accept([this](const boost::system::error_code& failed, tcp::socket client) {
            if (failed) return;
            std::make_shared<Tunnel>(io, std::move(client))->start([this](Tunnel& tunnel) {
                decide(tunnel);
            });
            accept();
        });
    }

    void decide(Tunnel& tunnel) {
        const auto& request = tunnel.request();
        const auto first = request.find(' ');
        const auto target = request.substr(first + 1, request.find(' ', first + 1) - first - 1);
        {
            const std::lock_guard lock{mutex};
            targets.push_back(target);
        }
        if (!options.answer.empty()) return tunnel.refuse(options.answer);
        const auto wanted = "\r\nProxy-Authorization: Basic " + base64_encode(options.credentials) + "\r\n";
        if (!options.credentials.empty() && request.find(wanted) == std::string::npos)
            return tunnel.refuse(
                "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"");
        const auto colon = target.rfind(':');
        if (!request.starts_with("CONNECT ") || colon == std::string::npos)
            return tunnel.refuse("400 Bad Request");
        tunnel.open(target.substr(0, colon), target.substr(colon + 1));
    }

    const ProxyOptions options;
    asio::io_context io{1};
    tcp::acceptor acceptor;
    mutable std::mutex mutex;
    std::vector<std::string> targets;
    std::thread thread;
};

ConnectProxy::ConnectProxy(ProxyOptions options) : impl_{std::make_unique<Impl>(std::move(options))} {}
ConnectProxy::~ConnectProxy() = default;
std::uint16_t ConnectProxy::port() const noexcept { return impl_->acceptor.local_endpoint().port(); }
std::vector<std::string> ConnectProxy::targets() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->targets;
}

} // namespace nanomdm::fake_apns
