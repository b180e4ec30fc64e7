// The pool of handles, and what all of them share.
#include "http/client/http_client.hpp"

#include "http/client/easy_handle.hpp"
#include "http/client/libcurl.hpp"
#include "nanomdm/error.hpp"

#include <deque>
#include <mutex>
#include <new>
#include <utility>

namespace nanomdm::http {
namespace {

using Clock = std::chrono::steady_clock;

/// Shorter than the idle time of common servers: a connection they have closed costs a round trip to find
/// out.
constexpr std::chrono::seconds longest_idle{60};

ClientOptions with_environment(ClientOptions options) {
    options.ca_file = ca_file_or_environment(std::move(options.ca_file));
    return options;
}

} // namespace

class HttpClient::Impl {
public:
    explicit Impl(ClientOptions options) : options_{with_environment(std::move(options))} {}

    ClientResponse send(const ClientRequest& request) {
        if (stopping_) throw Error{Errc::upstream_failed, "not sent, this server is stopping"};
        auto handle = take();
        auto response = handle->perform(request);
        give_back(std::move(handle)); // not after a failure: what its connection is worth is unknown
        return response;
    }

    void stop() noexcept { stopping_ = true; }

private:
    using Handle = std::unique_ptr<EasyHandle>;
    struct Idle {
        Handle handle;
        Clock::time_point since;
    };

    /// The one used last, whose connection is the likeliest to be alive.
    Handle take() {
        {
            const std::lock_guard lock{mutex_};
            if (!idle_.empty()) {
                auto handle = std::move(idle_.back().handle);
                idle_.pop_back();
                return handle;
            }
        }
        return std::make_unique<EasyHandle>(options_, no_proxy_, stopping_);
    }

    void give_back(Handle handle) {
        const auto now = Clock::now();
        std::deque<Idle> dropped; // closed outside the lock
        const std::lock_guard lock{mutex_};
        idle_.push_back({std::move(handle), now});
        while (idle_.size() > options_.max_idle || now - idle_.front().since > longest_idle) {
            dropped.push_back(std::move(idle_.front()));
            idle_.pop_front();
            if (idle_.empty()) break;
        }
    }

    const ClientOptions options_;
    const std::string no_proxy_ = hosts_without_proxy();
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::deque<Idle> idle_; ///< the last one was used last
};

HttpClient::HttpClient(ClientOptions options) {
    set_up_libcurl();
    impl_ = std::make_unique<Impl>(std::move(options));
}

HttpClient::~HttpClient() = default;

ClientResponse HttpClient::send(const ClientRequest& request) { return impl_->send(request); }

void HttpClient::stop() noexcept { impl_->stop(); }

} // namespace nanomdm::http
