// What administrators do: one call for many devices.
#include "bench/scenario.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace nanomdm::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// NanoMDM takes the IDs in the path; a path has its limits.
constexpr std::size_t ids_in_a_path = 400;

std::string joined(const std::vector<std::string>& ids, std::size_t from) {
    std::string text;
    for (std::size_t i = from; i < std::min(from + ids_in_a_path, ids.size()); ++i)
        text += (text.empty() ? "" : ",") + ids[i];
    return text;
}

template <class Call> Measured measure_calls(const Options& options, const char* name, Call call) {
    Measured measured{
        .scenario = name, .load = {}, .samples = {}, .remark = std::to_string(options.ids) + " IDs a call"};
    Observer observer{options, measured.scenario};
    auto& load = measured.load;
    const auto warm = Clock::now() + std::chrono::duration<double>{options.warmup};
    while (Clock::now() < warm) call();
    const auto before = observer.cpu();
    const auto start = Clock::now();
    auto next_tick = start;
    do {
        load.latencies.record(call());
        ++load.requests;
        load.elapsed = Clock::now() - start;
        if (Clock::now() >= next_tick) {
            observer.tick(load);
            next_tick += std::chrono::seconds{1};
        }
    } while (load.elapsed.count() < options.seconds);
    load.cpu = observer.cpu() - before;
    measured.samples = observer.samples();
    return measured;
}

std::vector<std::string> first_ids(const Options& options, const Fleet& fleet) {
    if (options.ids > fleet.size()) throw std::runtime_error{"--ids is more than --devices"};
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < options.ids; ++i) ids.push_back(fleet.id(i));
    return ids;
}

} // namespace

std::chrono::nanoseconds AdminClient::call(sim::HttpRequest request) {
    request.headers.emplace_back("Authorization", "Basic " + sim::base64("nanomdm:" + options_.api_key));
    const auto start = Clock::now();
    const auto response = http_.send(request);
    const auto latency = Clock::now() - start;
    if (response.status != 200)
        throw std::runtime_error{"an API call was answered " + std::to_string(response.status) + " " +
                                 response.body.substr(0, 300)};
    return latency;
}

std::chrono::nanoseconds AdminClient::enqueue(const std::string& uuid, const std::vector<std::string>& ids) {
    const auto command = sim::command_plist(uuid, "DeviceInformation");
    if (options_.api_style == "json") {
        const nlohmann::json body{{"ids", ids}, {"command", command}, {"no_push", true}};
        return call({.method = "POST",
                     .url = options_.url + "/v1/enqueue",
                     .headers = {{"Content-Type", "application/json"}},
                     .body = body.dump()});
    }
    std::chrono::nanoseconds total{0};
    for (std::size_t from = 0; from < ids.size(); from += ids_in_a_path)
        total += call({.method = "PUT",
                       .url = options_.url + "/v1/enqueue/" + joined(ids, from) + "?nopush=1",
                       .body = command});
    return total;
}

std::chrono::nanoseconds AdminClient::push(const std::vector<std::string>& ids) {
    if (options_.api_style == "json") {
        const nlohmann::json body{{"ids", ids}};
        return call({.method = "POST",
                     .url = options_.url + "/v1/push",
                     .headers = {{"Content-Type", "application/json"}},
                     .body = body.dump()});
    }
    std::chrono::nanoseconds total{0};
    for (std::size_t from = 0; from < ids.size(); from += ids_in_a_path)
        total += call({.url = options_.url + "/v1/push/" + joined(ids, from)});
    return total;
}

void AdminClient::upload_push_certificate() {
    const auto identity = sim::make_push_certificate(sim::DeviceProfile{}.topic);
    call({.method = "PUT",
          .url = options_.url + "/v1/pushcert",
          .body = identity.certificate_pem() + identity.key_pem()});
}

Measured measure_enqueue_bulk(const Options& options, const Fleet& fleet) {
    AdminClient admin{options};
    const auto ids = first_ids(options, fleet);
    return measure_calls(options, "enqueue-bulk", [&] { return admin.enqueue(sim::random_uuid(), ids); });
}

Measured measure_push(const Options& options, const Fleet& fleet) {
    AdminClient admin{options};
    admin.upload_push_certificate();
    const auto ids = first_ids(options, fleet);
    return measure_calls(options, "push", [&] { return admin.push(ids); });
}

} // namespace nanomdm::bench
