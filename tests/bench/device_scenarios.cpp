// What devices do: enroll, look for commands, update their push token, fetch and acknowledge.
#include "bench/scenario.hpp"

#include <stdexcept>

namespace nanomdm::bench {
namespace {

/// The same requests over and over, dealt out to whichever connection is free.
class Repeated final : public Traffic {
public:
    explicit Repeated(const std::vector<RequestBytes>& requests) : requests_{requests} {}

    std::string_view first(unsigned) override { return take(); }
    std::string_view next(unsigned, int, std::string_view) override { return take(); }

private:
    std::string_view take() {
        if (position_ == requests_.size()) position_ = 0;
        return requests_[position_++];
    }
    const std::vector<RequestBytes>& requests_;
    std::size_t position_ = 0;
};

/// Each connection takes one device after the other and sends its requests in order.
class Sequences final : public Traffic {
public:
    Sequences(const std::vector<RequestBytes>& requests, std::size_t per_device, unsigned connections)
        : requests_{requests}, per_device_{per_device}, at_(connections, {0, per_device}) {}

    std::string_view first(unsigned connection) override { return take(connection); }
    std::string_view next(unsigned connection, int status, std::string_view) override {
        if (status != 200) refused_ = status;
        return take(connection);
    }
    /// The last status that was not 200; 0 when there was none.
    [[nodiscard]] int refused() const noexcept { return refused_; }

private:
    struct At {
        std::size_t device;
        std::size_t step;
    };
    std::string_view take(unsigned connection) {
        auto& at = at_[connection];
        if (at.step == per_device_) {
            if (next_device_ * per_device_ == requests_.size()) return {};
            at = {.device = next_device_++, .step = 0};
        }
        return requests_[at.device * per_device_ + at.step++];
    }
    const std::vector<RequestBytes>& requests_;
    std::size_t per_device_;
    std::size_t next_device_ = 0;
    std::vector<At> at_;
    int refused_ = 0;
};

/// Idle, then an acknowledgement for each command, which must be the one expected.
class Deliveries final : public Traffic {
public:
    Deliveries(const std::vector<RequestBytes>& idle, const std::vector<RequestBytes>& acknowledgements,
               std::vector<std::string> uuids, unsigned connections)
        : idle_{idle}, acknowledgements_{acknowledgements}, uuids_{std::move(uuids)}, at_(connections) {}

    std::string_view first(unsigned connection) override { return next_device(connection); }
    std::string_view next(unsigned connection, int status, std::string_view body) override {
        auto& at = at_[connection];
        const bool last = at.step == uuids_.size();
        const bool expected = last ? body.empty() : body.find(uuids_[at.step]) != std::string_view::npos;
        if (status != 200 || !expected)
            throw std::runtime_error{"not the command expected: " + std::string{body}};
        if (last) return next_device(connection);
        return acknowledgements_[at.device * uuids_.size() + at.step++];
    }

private:
    struct At {
        std::size_t device = 0;
        std::size_t step = 0;
    };
    std::string_view next_device(unsigned connection) {
        if (next_device_ == idle_.size()) return {};
        at_[connection] = {.device = next_device_++, .step = 0};
        return idle_[at_[connection].device];
    }
    const std::vector<RequestBytes>& idle_;
    const std::vector<RequestBytes>& acknowledgements_;
    std::vector<std::string> uuids_;
    std::vector<At> at_;
    std::size_t next_device_ = 0;
};

std::vector<RequestBytes> idle_requests(const Fleet& fleet) {
    return fleet.sign(Fleet::Kind::report, 1, [](const sim::Device& device, std::size_t, std::size_t) {
        return device.report_message("Idle", {});
    });
}

Measured measure_repeated(const char* scenario, const std::vector<RequestBytes>& requests,
                          const Options& options) {
    Measured measured{.scenario = scenario, .load = {}, .samples = {}, .remark = ""};
    Observer observer{options, measured.scenario};
    Load load{options.url, options.connections};
    Repeated traffic{requests};
    load.run(traffic, schedule(options, observer), measured.load);
    measured.samples = observer.samples();
    return measured;
}

} // namespace

Measured enroll(const Options& options, const Fleet& fleet) {
    const auto requests =
        fleet.sign(Fleet::Kind::check_in, 2, [](const sim::Device& device, std::size_t, std::size_t step) {
            return step == 0 ? device.authenticate_message() : device.token_update_message();
        });
    Measured measured{
        .scenario = "enroll", .load = {}, .samples = {}, .remark = "Authenticate, then TokenUpdate"};
    Observer observer{options, measured.scenario};
    auto all = schedule(options, observer);
    all.warmup = all.warmup.zero();
    all.counted = std::chrono::hours{24};
    Load load{options.url, options.connections};
    Sequences traffic{requests, 2, options.connections};
    load.run(traffic, all, measured.load);
    if (traffic.refused() != 0)
        throw std::runtime_error{"enrolling was refused with status " + std::to_string(traffic.refused())};
    measured.samples = observer.samples();
    return measured;
}

Measured measure_idle(const Options& options, const Fleet& fleet) {
    return measure_repeated("idle", idle_requests(fleet), options);
}

Measured measure_token_update(const Options& options, const Fleet& fleet) {
    // The message object makes up a new push token each time, so that no two updates are the same.
    const auto requests =
        fleet.sign(Fleet::Kind::check_in, 2, [](const sim::Device& device, std::size_t, std::size_t) {
            const sim::Device fresh{device.channel(), device.identity(), {}};
            return fresh.token_update_message();
        });
    return measure_repeated("token-update", requests, options);
}

Measured measure_declarative_management(const Options& options, const Fleet& fleet) {
    const auto requests =
        fleet.sign(Fleet::Kind::check_in, 1, [](const sim::Device& device, std::size_t, std::size_t) {
            return device.message("DeclarativeManagement", sim::Dict{}.string("Endpoint", "tokens"));
        });
    return measure_repeated("declarative-management", requests, options);
}

Measured measure_deliver(const Options& options, const Fleet& fleet) {
    const auto idle = idle_requests(fleet);
    Measured measured{
        .scenario = "deliver", .load = {}, .samples = {}, .remark = "fetch or acknowledge and fetch"};
    Observer observer{options, measured.scenario};
    AdminClient admin{options};
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < fleet.size(); ++i) ids.push_back(fleet.id(i));
    auto round = schedule(options, observer);
    round.warmup = round.warmup.zero();
    round.counted = std::chrono::hours{24}; // to the queue's end: whole rounds only
    for (bool warm = options.warmup <= 0; measured.load.elapsed.count() < options.seconds; warm = true) {
        std::vector<std::string> uuids;
        for (std::size_t i = 0; i < options.commands; ++i) uuids.push_back(sim::random_uuid());
        const auto acknowledgements =
            fleet.sign(Fleet::Kind::report, uuids.size(),
                       [&](const sim::Device& device, std::size_t, std::size_t command) {
                           return device.report_message("Acknowledged", uuids[command]);
                       });
        for (const auto& uuid : uuids) admin.enqueue(uuid, ids);
        Deliveries traffic{idle, acknowledgements, uuids, options.connections};
        LoadResult thrown_away;
        Load load{options.url,
                  options.connections}; // not before: idle while signing, they would be timed out
        load.run(traffic, round, warm ? measured.load : thrown_away);
    }
    measured.samples = observer.samples();
    return measured;
}

} // namespace nanomdm::bench
