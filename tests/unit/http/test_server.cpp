// The routes of the test server.
#include "test_server.hpp"

#include "http/auth.hpp"
#include "nanomdm/error.hpp"
#include "support/test_ca.hpp"

#include <cstdlib>
#include <stdexcept>

namespace nanomdm::http::test {
namespace {

const BasicAuth& guard() {
    static const BasicAuth auth{"nanomdm", {"old-key", "new-key"}};
    return auth;
}

HttpResponse text(std::string body) {
    HttpResponse response;
    response.body = std::move(body);
    response.content_type = "text/plain";
    return response;
}

HttpResponse throwing(HttpRequest& request) {
    const auto what = request.path.substr(std::string_view{"/throw/"}.size());
    if (what == "forbidden") throw Error{Errc::forbidden, "secret detail"};
    if (what == "unavailable") throw Error{Errc::unavailable, "secret detail"};
    if (what == "number") throw 7;
    throw std::runtime_error{"secret detail"};
}

} // namespace

const TlsContext* default_tls() {
    if (std::getenv("NANOMDM_TEST_TLS") == nullptr) return nullptr;
    static const TlsContext context = [] {
        const auto server = nanomdm::test::TestCa::make_root().issue({.extended_key_usage = "serverAuth"});
        return TlsContext{server.certificate_pem, server.private_key_pem,
                          TlsContext::ClientCertificates::requested};
    }();
    return &context;
}

TestServer::TestServer(TestServerOptions options)
    : workers_{WorkerPool::fixed(options.workers, options.queue)}, upstream_{WorkerPool::wide(8)} {
    add_routes();
    server_.emplace(workers_, upstream_, options.server);
    address_ =
        (options.tls != nullptr ? "tls:" : "") + server_->listen(options.address, router_, options.tls);
    if (options.most_body) server_->limit_bodies(*options.most_body);
    server_->start();
}

TestServer::~TestServer() {
    gate_.open();
    server_.reset();
}

void TestServer::add_routes() {
    const auto echo = [this](HttpRequest& request) {
        ++echoes_;
        return text(std::move(request.body));
    };
    const auto slow = [this](HttpRequest& request) {
        gate_.wait();
        return text(std::move(request.body));
    };
    const auto by_body = [](const HttpRequest& request) {
        return request.body == "upstream" ? Lane::upstream : Lane::worker;
    };
    const auto describe = [](HttpRequest& request) {
        std::string lines = request.method + '\n' + request.path + '\n' + request.query + '\n' +
                            request.remote + '\n' + request.trace_id + '\n';
        for (const auto& [name, value] : request.headers) lines += name + '=' + value + '\n';
        return text(lines + request.body);
    };
    const auto certificate = [](HttpRequest& request) {
        return text(request.client_certificate ? *request.client_certificate : "none");
    };
    const auto big = [](HttpRequest& request) { return text(std::string(std::stoul(request.body), 'x')); };
    const auto guarded = [](HttpRequest&) { return text("let in\n"); };
    const auto version = [](HttpRequest&) { return text("1\n"); };
    const auto headers = [](HttpRequest&) {
        auto response = text("ok");
        response.headers.add("X-Extra", "kept");
        response.headers.add("X-Broken", "a\r\nInjected: yes");
        response.headers.add("Content-Length", "7");
        response.headers.add("Transfer-Encoding", "chunked");
        return response;
    };
    const auto empty = [](HttpRequest&) {
        HttpResponse response;
        response.status = 204;
        return response;
    };
    router_.add({.path = "/echo", .methods = {"PUT", "POST"}, .handler = echo});
    router_.add({.path = "/version", .methods = {"GET"}, .handler = version});
    router_.add({.path = "/slow", .methods = {}, .handler = slow});
    router_.add({.path = "/upstream", .methods = {"PUT"}, .lane = Lane::upstream, .handler = slow});
    router_.add({.path = "/choose", .methods = {"PUT"}, .handler = slow, .choose_lane = by_body});
    router_.add({.path = "/throw/", .methods = {}, .handler = throwing});
    router_.add({.path = "/request", .methods = {}, .handler = describe});
    router_.add({.path = "/certificate", .methods = {}, .handler = certificate});
    router_.add({.path = "/big", .methods = {"PUT"}, .handler = big});
    router_.add({.path = "/headers", .methods = {}, .handler = headers});
    router_.add({.path = "/empty", .methods = {}, .handler = empty});
    const auto bad_admission = [](const HttpRequest&) -> std::optional<HttpResponse> {
        throw std::runtime_error{"secret detail"};
    };
    const auto bad_choice = [](const HttpRequest&) -> Lane { throw std::runtime_error{"secret detail"}; };
    router_.add({.path = "/bad-admission", .methods = {}, .handler = guarded, .admit = bad_admission});
    router_.add({.path = "/bad-choice", .methods = {}, .handler = guarded, .choose_lane = bad_choice});
    router_.add({.path = "/guarded", .methods = {}, .handler = guarded, .admit = guard().admission()});
}

} // namespace nanomdm::http::test
