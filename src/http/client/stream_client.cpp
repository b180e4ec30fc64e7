// The thread of all exchanges: libcurl's multi handle, and a list of whom to look at.
#include "http/client/stream_client.hpp"

#include "http/client/stream_transfer.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace nanomdm::http {
namespace {

using namespace std::chrono_literals;
using Clock = StreamTransfer::Clock;

/// One of the exchanges there may be, as long as it lives.
class Place {
public:
    explicit Place(std::atomic<std::size_t>& taken) noexcept : taken_{&taken} { ++taken; }
    Place(Place&& other) noexcept : taken_{std::exchange(other.taken_, nullptr)} {}
    Place& operator=(Place&&) = delete;
    ~Place() {
        if (taken_ != nullptr) --*taken_;
    }

private:
    std::atomic<std::size_t>* taken_;
};

} // namespace

class StreamClient::Impl {
public:
    explicit Impl(StreamClientOptions options)
        : options_{std::move(options)}, sweep_interval_{std::clamp<std::chrono::milliseconds>(
                                            options_.idle_time / 4, 5ms, 500ms)} {
        if (!multi_) throw std::bad_alloc{};
        options_.ca_file = ca_file_or_environment(std::move(options_.ca_file));
        curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, options_.max_idle);
        thread_ = std::thread{[this] { run(); }};
    }

    ~Impl() { stop(); }

    bool forward(const StreamRequest& request, std::shared_ptr<Stream> stream) {
        Place place{places_};
        if (places_ > options_.most_streams) return false;
        auto transfer = std::make_unique<StreamTransfer>(request, std::move(stream), options_, no_proxy_);
        const std::lock_guard lock{mutex_};
        if (stopping_) return false;
        arrived_.push_back({std::move(place), std::move(transfer)});
        curl_multi_wakeup(multi_.get());
        return true;
    }

    void stop() noexcept {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
            curl_multi_wakeup(multi_.get());
        }
        if (thread_.joinable()) thread_.join();
    }

private:
    struct Exchange {
        Place place;
        std::unique_ptr<StreamTransfer> transfer;
    };
    using Exchanges = std::map<std::uint64_t, Exchange>;
    using Number = Exchanges::key_type;

    void run() {
        while (take_orders()) {
            int running = 0;
            curl_multi_perform(multi_.get(), &running);
            end_finished();
            sweep();
            const std::chrono::milliseconds patience = exchanges_.empty() ? 60s : sweep_interval_;
            curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(patience.count()), nullptr);
        }
        while (!exchanges_.empty()) cut(exchanges_.begin(), "this server is stopping");
    }

    /// Begins with what has arrived, looks at whom others woke. @return false: the end.
    bool take_orders() {
        std::vector<Exchange> arrived;
        std::vector<Number> woken;
        bool stopping = false;
        {
            const std::lock_guard lock{mutex_};
            arrived.swap(arrived_);
            woken.swap(woken_);
            stopping = stopping_;
        }
        for (auto& exchange : arrived) begin(std::move(exchange));
        for (const Number number : woken) attend_to(exchanges_.find(number));
        return !stopping;
    }

    void begin(Exchange exchange) {
        const Number number = next_++;
        StreamTransfer& begun = *exchange.transfer;
        begun.begin_clock();
        exchanges_.emplace(number, std::move(exchange));
        curl_multi_add_handle(multi_.get(), begun.handle());
        begun.stream().attend([this, number] {
            const std::lock_guard lock{mutex_};
            woken_.push_back(number);
            curl_multi_wakeup(multi_.get());
        });
    }

    void attend_to(Exchanges::iterator place) {
        if (place == exchanges_.end()) return;
        if (place->second.transfer->stream().abandoned())
            cut(place, "the client has gone");
        else
            place->second.transfer->resume();
    }

    void end_finished() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            const CURLcode code = message->data.result;
            const auto place = place_of(message->easy_handle);
            place->second.transfer->end(code);
            drop(place);
        }
    }

    /// Cuts those that nothing moves on.
    void sweep() {
        const auto now = Clock::now();
        if (now < next_sweep_) return;
        next_sweep_ = now + sweep_interval_;
        for (auto place = exchanges_.begin(); place != exchanges_.end();) {
            const auto current = place++;
            if (now - current->second.transfer->last_moved() >= options_.idle_time)
                cut(current, "nothing has moved for too long");
        }
    }

    Exchanges::iterator place_of(CURL* handle) {
        return std::ranges::find_if(
            exchanges_, [handle](const auto& t) { return t.second.transfer->handle() == handle; });
    }

    void cut(Exchanges::iterator place, const char* why) {
        place->second.transfer->cut(why);
        drop(place);
    }

    void drop(Exchanges::iterator place) {
        curl_multi_remove_handle(multi_.get(), place->second.transfer->handle());
        exchanges_.erase(place);
    }

    StreamClientOptions options_;
    const std::chrono::milliseconds sweep_interval_;
    const std::string no_proxy_ = hosts_without_proxy();
    std::atomic<std::size_t> places_{0}; ///< taken
    std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_{curl_multi_init(), curl_multi_cleanup};

    std::mutex mutex_;
    std::vector<Exchange> arrived_;
    std::vector<Number> woken_;
    bool stopping_ = false;

    // The thread's own.
    Exchanges exchanges_;
    Number next_ = 0;
    Clock::time_point next_sweep_{};

    std::thread thread_;
};

StreamClient::StreamClient(StreamClientOptions options) {
    set_up_libcurl();
    impl_ = std::make_unique<Impl>(std::move(options));
}

StreamClient::~StreamClient() = default;

bool StreamClient::forward(const StreamRequest& request, std::shared_ptr<Stream> stream) {
    return impl_->forward(request, std::move(stream));
}

void StreamClient::stop() noexcept { impl_->stop(); }

} // namespace nanomdm::http
