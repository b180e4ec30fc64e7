// How a connection to APNs comes up: look-up, TCP, the proxy's tunnel, TLS, the peer's SETTINGS.
#include "push/apns_connection.hpp"

#include "encoding/base64.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace nanomdm::push {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;

constexpr std::size_t longest_proxy_answer = 16 * 1024;

/// Carries the words for a failed step from where it happened to run().
struct StepFailed {
    ConnectFailure failure;
};

std::string connect_request(const Endpoint& target, const Proxy& proxy) {
    const auto name = target.str();
    std::string request = "CONNECT " + name + " HTTP/1.1\r\nHost: " + name + "\r\n";
    if (!proxy.credentials.empty())
        request += "Proxy-Authorization: Basic " + base64_encode(proxy.credentials) + "\r\n";
    return request + "\r\n";
}

} // namespace

asio::awaitable<void> ApnsConnection::run() {
    try {
        co_await connect_tcp(route_.proxy ? route_.proxy->endpoint : route_.target);
        if (route_.proxy) co_await open_tunnel(*route_.proxy);
        co_await handshake();
        session_.emplace(route_.target.authority(), route_.limits, Clock::now());
        begin(Step::settings, connect_deadline_);
        flush();
        co_await read_until_closed();
    } catch (const StepFailed& failed) {
        close(failed.failure);
    } catch (const boost::system::system_error& error) {
        auto failure = explain_tls(error.code(), stream_.native_handle(), route_.target.host);
        if (!failure.final) {
            const auto what =
                state_ == State::open ? "connection to " + route_.target.host + " lost" : doing();
            failure.text = what + ": " + failure.text;
        }
        close(std::move(failure));
    } catch (const std::exception& error) {
        close({"connection to " + route_.target.host + " failed: " + error.what(), false});
    }
}

asio::awaitable<void> ApnsConnection::connect_tcp(const Endpoint& endpoint) {
    begin(Step::look_up, connect_deadline_);
    boost::system::error_code failed;
    const auto token = [&failed] { return asio::redirect_error(use_awaitable, failed); };
    const auto addresses = co_await resolver_.async_resolve(
        endpoint.host, std::to_string(endpoint.port), asio::ip::tcp::resolver::numeric_service, token());
    if (failed)
        throw StepFailed{
            {"the address of " + endpoint.host + " was not found (DNS): " + failed.message(), false}};
    for (const auto& address : addresses) {
        if (state_ == State::closed) co_return;
        const bool only = addresses.size() == 1;
        const auto until = only ? connect_deadline_ : Clock::now() + route_.address_timeout;
        begin(Step::tcp, std::min(until, connect_deadline_));
        co_await socket().async_connect(address, token());
        if (!failed) {
            socket().set_option(asio::ip::tcp::no_delay{true});
            co_return;
        }
        if (failed == asio::error::operation_aborted) failed = asio::error::timed_out;
        boost::system::error_code ignored;
        socket().close(ignored);
        if (Clock::now() >= connect_deadline_) break;
    }
    throw StepFailed{{"no connection to " + endpoint.str() + ": " + failed.message(), false}};
}

asio::awaitable<void> ApnsConnection::open_tunnel(const Proxy& proxy) {
    begin(Step::proxy, connect_deadline_);
    const std::string request = connect_request(route_.target, proxy);
    co_await asio::async_write(socket(), asio::buffer(request), use_awaitable);
    std::string answer;
    auto buffer = asio::dynamic_buffer(answer, longest_proxy_answer);
    co_await asio::async_read_until(socket(), buffer, "\r\n\r\n", use_awaitable);
    const auto line = answer.substr(0, answer.find('\r'));
    const auto space = line.find(' ');
    const auto status =
        line.starts_with("HTTP/1.") && space != std::string::npos ? line.substr(space + 1) : "";
    if (status.starts_with('2')) co_return;
    if (status.starts_with("407"))
        throw StepFailed{
            {"the proxy " + proxy.endpoint.str() + " wants other credentials (" + status + ')', true}};
    throw StepFailed{{"the proxy " + proxy.endpoint.str() + " opened no tunnel: " + line, false}};
}

asio::awaitable<void> ApnsConnection::handshake() {
    begin(Step::tls, connect_deadline_);
    expect_server(stream_.native_handle(), route_.target.host);
    co_await stream_.async_handshake(asio::ssl::stream_base::client, use_awaitable);
    if (!speaks_http2(stream_.native_handle()))
        throw StepFailed{{route_.target.host + " does not speak HTTP/2", true}};
}

void ApnsConnection::begin(Step step, Clock::time_point until) {
    step_ = step;
    arm(until);
}

std::string ApnsConnection::doing() const {
    const auto& first = route_.proxy ? route_.proxy->endpoint : route_.target;
    switch (step_) {
    case Step::look_up:
        return "looking up " + first.host;
    case Step::tcp:
        return "connecting to " + first.str();
    case Step::proxy:
        return "asking the proxy " + first.str() + " for a tunnel";
    case Step::tls:
        return "setting up TLS with " + route_.target.str();
    case Step::settings:
        return "waiting for the HTTP/2 settings of " + route_.target.str();
    case Step::none:
        break;
    }
    return "talking to " + route_.target.host;
}

} // namespace nanomdm::push
