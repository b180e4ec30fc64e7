// Callers on one side, the I/O thread with its pools on the other; certificates are watched by the callers.
#include "push/apns_client.hpp"

#include "log/log.hpp"
#include "push/apns_pool.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace nanomdm::push {
namespace {

namespace asio = boost::asio;

Route route_of(const ApnsOptions& options) {
    Route route;
    route.target = parse_apns_url(options.url);
    route.proxy = proxy_for(route.target, options.proxy);
    route.connect_timeout = options.connect_timeout;
    route.address_timeout = options.address_timeout;
    route.limits.streams = options.max_streams;
    route.limits.quiet = options.quiet;
    route.limits.idle_trust = options.idle_trust;
    route.limits.ping_deadline = options.ping_deadline;
    return route;
}

PoolOptions pool_options(const ApnsOptions& options) {
    return {options.max_connections,
            options.grow_after,
            {options.retry_first, options.retry_longest},
            {options.reconnect_first, options.reconnect_longest}};
}

std::string expiration_value(std::chrono::seconds lifetime) {
    if (lifetime.count() <= 0) return "0"; // APNs tries once and stores nothing
    const auto at = std::chrono::system_clock::now() + lifetime;
    return std::to_string(std::chrono::system_clock::to_time_t(at));
}

std::vector<ProviderResponse> all_failed(std::size_t count, const std::string& why) {
    ProviderResponse response;
    response.error = why;
    return std::vector<ProviderResponse>(count, response);
}

} // namespace

/// One topic: its pool, and which certificate the pool uses.
struct Channel {
    Channel(asio::io_context& io, const Topic& name, const Route& route, const PoolOptions& options,
            Statistics& statistics)
        : topic{name}, pool{io, name, route, options, statistics} {}

    const Topic topic;
    ApnsPool pool; ///< I/O thread only
    /// Held while a certificate is read and prepared, so that an older one never follows a newer one.
    std::mutex loading;
    std::mutex mutex;
    std::optional<std::uint64_t> version; ///< of the certificate in use; nullopt: none yet
    Clock::time_point polled{};
};

struct ApnsClient::Impl {
    Impl(PushCertStore& store, ApnsOptions given)
        : certificates{store}, options{std::move(given)}, route{route_of(options)}, thread{[this] {
              serve();
          }} {}

    void serve();
    Channel& channel(const Topic& topic);
    void require_certificate(Channel& channel);
    void renew_certificate(Channel& channel) noexcept;
    void load(Channel& channel, std::uint64_t version);
    std::vector<ProviderResponse> run(Channel& channel, std::span<const PushInfo> targets,
                                      Clock::time_point deadline);
    void remind(ApnsPool& pool) noexcept;
    void stop();

    PushCertStore& certificates;
    const ApnsOptions options;
    const Route route;
    Statistics statistics;
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};

    std::mutex mutex;
    std::condition_variable left;
    std::map<Topic, std::unique_ptr<Channel>> channels;
    std::size_t callers = 0;
    bool stopped = false;

    std::thread thread;
};

void ApnsClient::Impl::serve() {
    for (;;) {
        try {
            io.run();
            return;
        } catch (const std::exception& error) {
            // Batches still end soon after their deadlines: their callers remind the pool.
            log::error("the APNs I/O thread goes on after an error", {{"error", error.what()}});
        }
    }
}

/// Under the lock.
Channel& ApnsClient::Impl::channel(const Topic& topic) {
    auto& slot = channels[topic];
    if (!slot) slot = std::make_unique<Channel>(io, topic, route, pool_options(options), statistics);
    return *slot;
}

/// A topic's first certificate. Callers wait for each other: none can send before.
/// @throws Error when there is no usable certificate; whatever the storage or TLS throws.
void ApnsClient::Impl::require_certificate(Channel& channel) {
    const auto has_one = [&channel] {
        const std::lock_guard lock{channel.mutex};
        return channel.version.has_value();
    };
    if (has_one()) return;
    const std::lock_guard loading{channel.loading};
    if (has_one()) return; // another caller was faster
    {
        const std::lock_guard lock{channel.mutex};
        channel.polled = Clock::now();
    }
    const auto version = certificates.push_certificate_version(channel.topic);
    if (!version) throw Error{Errc::not_configured, "no push certificate for topic " + channel.topic.str()};
    load(channel, *version);
}

/// Looks for a renewed certificate, at most once per poll interval over all callers. When the storage is away
/// or the new certificate is broken, the one in use may still do.
void ApnsClient::Impl::renew_certificate(Channel& channel) noexcept {
    try {
        const std::unique_lock loading{channel.loading, std::try_to_lock};
        if (!loading) return; // another caller is at it
        std::optional<std::uint64_t> known;
        {
            const std::lock_guard lock{channel.mutex};
            const auto now = Clock::now();
            if (now < channel.polled + options.certificate_poll) return;
            channel.polled = now;
            known = channel.version;
        }
        const auto version = certificates.push_certificate_version(channel.topic);
        if (version && version != known) load(channel, *version);
    } catch (const std::exception& error) {
        log::warning("push certificate not renewed",
                     {{"topic", channel.topic.str()}, {"error", error.what()}});
    }
}

/// Expects `loading` to be held. The version was read before the certificate: at worst the certificate is
/// newer than its number says, and the next poll loads it once more.
void ApnsClient::Impl::load(Channel& channel, std::uint64_t version) {
    const auto certificate = certificates.push_certificate(channel.topic);
    if (!certificate)
        throw Error{Errc::not_configured, "no push certificate for topic " + channel.topic.str()};
    asio::post(
        io, [&pool = channel.pool, tls = make_tls_context(*certificate, options.ca_file)] { pool.use(tls); });
    {
        const std::lock_guard lock{channel.mutex};
        channel.version = version;
    }
    log::info("push certificate in use", {{"topic", channel.topic.str()}});
}

/// Once submitted, the batch belongs to the I/O thread until it is done: nothing may throw past the wait.
std::vector<ProviderResponse> ApnsClient::Impl::run(Channel& channel, std::span<const PushInfo> targets,
                                                    Clock::time_point deadline) {
    Batch batch{.targets = targets, .deadline = deadline, .expiration = expiration_value(options.expiration)};
    asio::post(io, [&pool = channel.pool, &batch] { pool.submit(batch); });
    const auto pause = std::max(options.certificate_poll, std::chrono::milliseconds{10});
    std::unique_lock lock{batch.mutex};
    while (!batch.finished.wait_for(lock, pause, [&batch] { return batch.done; })) {
        lock.unlock();
        renew_certificate(channel);
        if (Clock::now() > deadline) remind(channel.pool);
        lock.lock();
    }
    return std::move(batch.responses);
}

/// For a batch that is overdue because an error on the I/O thread left the pool without its timer.
void ApnsClient::Impl::remind(ApnsPool& pool) noexcept {
    try {
        asio::post(io, [&pool] { pool.resume(); });
    } catch (const std::exception& error) {
        log::error("an overdue push is still waiting", {{"error", error.what()}});
    }
}

void ApnsClient::Impl::stop() {
    std::unique_lock lock{mutex};
    if (!stopped) {
        stopped = true;
        for (auto& [topic, channel] : channels)
            asio::post(io, [&pool = channel->pool] { pool.shut_down("the server is shutting down"); });
    }
    left.wait(lock, [this] { return callers == 0; });
}

ApnsClient::ApnsClient(PushCertStore& certificates, ApnsOptions options)
    : impl_{std::make_unique<Impl>(certificates, std::move(options))} {}

ApnsClient::~ApnsClient() {
    stop();
    impl_->work.reset();
    impl_->io.stop();
    impl_->thread.join();
}

std::vector<ProviderResponse> ApnsClient::push(const Topic& topic, std::span<const PushInfo> targets,
                                               Clock::time_point deadline) {
    if (targets.empty()) return {};
    Channel* channel = nullptr;
    {
        const std::lock_guard lock{impl_->mutex};
        if (impl_->stopped) return all_failed(targets.size(), "the server is shutting down");
        channel = &impl_->channel(topic);
        ++impl_->callers;
    }
    struct Leave {
        Impl& impl;
        ~Leave() {
            const std::lock_guard lock{impl.mutex};
            --impl.callers;
            impl.left.notify_all();
        }
    } const leave{*impl_};
    try {
        impl_->require_certificate(*channel);
    } catch (const std::exception& exception) {
        impl_->statistics.without_certificate.add(targets.size());
        const auto* const error = dynamic_cast<const Error*>(&exception);
        if (error != nullptr && (error->code() == Errc::not_configured || error->code() == Errc::invalid))
            return all_failed(targets.size(), error->what());
        log::warning("push certificate not read", {{"topic", topic.str()}, {"error", exception.what()}});
        return all_failed(targets.size(), "the push certificate cannot be read from the storage");
    }
    impl_->renew_certificate(*channel);
    return impl_->run(*channel, targets, deadline);
}

void ApnsClient::stop() { impl_->stop(); }

const Statistics& ApnsClient::statistics() const noexcept { return impl_->statistics; }

/// A device names its topic, and may name any: only those of certificates are told apart.
void ApnsClient::visit_topics(const std::function<void(const Topic&, const TopicStatistics&)>& visit) const {
    const std::lock_guard lock{impl_->mutex};
    for (const auto& [topic, channel] : impl_->channels) {
        const std::lock_guard channel_lock{channel->mutex};
        if (channel->version) visit(topic, channel->pool.topic_statistics());
    }
}

} // namespace nanomdm::push
