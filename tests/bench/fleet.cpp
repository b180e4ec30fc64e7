// RSA keys are slow to make: a few are shared by many certificates. That does not make verifying cheaper,
// because a server knows an identity by its certificate and computes with the key in it each time.
#include "bench/fleet.hpp"

#include "support/simulator/state.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace nanomdm::bench {
namespace {

std::string device_id(std::size_t number) {
    char text[40];
    std::snprintf(text, sizeof text, "00008030-%016zX", number);
    return text;
}

/// Runs `work(0)` … `work(count - 1)` on several threads, with a progress line for what takes long.
void in_parallel(const char* what, unsigned threads, std::size_t count,
                 const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> finished{0};
    std::mutex mutex;
    std::exception_ptr failure;
    const auto run = [&] {
        try {
            for (std::size_t i = next++; i < count; i = next++) {
                work(i);
                const auto done = ++finished;
                if (done % 1000 == 0 || done == count) {
                    std::fprintf(stderr, "\r%s %zu/%zu ", what, done, count);
                    std::fflush(stderr);
                }
            }
        } catch (...) {
            const std::lock_guard lock{mutex};
            failure = std::current_exception();
        }
    };
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::thread> pool;
    for (unsigned i = 0; i < threads; ++i) pool.emplace_back(run);
    for (auto& thread : pool) thread.join();
    std::fprintf(stderr, "\r%60s\r", "");
    if (failure) std::rethrow_exception(failure);
}

sim::Authority authority_in(const sim::StateDirectory& state) {
    if (!state.has_authority()) state.save_authority(sim::Authority::create("nanomdm benchmark CA"));
    return state.authority();
}

std::vector<std::string> split_pem(const std::string& text) {
    std::vector<std::string> blocks;
    std::istringstream lines{text};
    std::string block;
    for (std::string line; std::getline(lines, line);) {
        block += line + "\n";
        if (line.starts_with("-----END")) blocks.push_back(std::exchange(block, {}));
    }
    return blocks;
}

/// The keys by their PEM; more are made and saved when there are too few.
std::vector<std::string> keys_in(const sim::StateDirectory& state, const Options& options,
                                 std::size_t wanted) {
    const auto file = state.file(options.ec ? "keys-ec.pem" : "keys-rsa.pem");
    std::vector<std::string> keys;
    if (std::filesystem::exists(file)) keys = split_pem(sim::read_text(file));
    const std::size_t present = keys.size();
    if (present < wanted) {
        keys.resize(wanted);
        const sim::CertificateRequest unused{.common_name = "key"};
        in_parallel("keys", options.signing_threads, wanted - present, [&](std::size_t i) {
            keys[present + i] =
                sim::self_signed(unused, options.ec ? sim::KeyKind::ec_p256 : sim::KeyKind::rsa_2048)
                    .key_pem();
        });
        std::string all;
        for (const auto& key : keys) all += key;
        sim::write_text(file, all);
    }
    keys.resize(wanted);
    return keys;
}

} // namespace

Fleet::Fleet(const Options& options) : options_{options} {
    const auto scheme_end = options.url.find("://");
    if (scheme_end != std::string::npos) host_ = options.url.substr(scheme_end + 3);

    const sim::StateDirectory state{options.dir};
    const auto authority = authority_in(state);
    const std::size_t key_count =
        options.keys == 0 ? options.devices : std::min(options.keys, options.devices);
    const auto keys = keys_in(state, options, key_count);

    const auto file = state.file(std::string{"certificates-"} + (options.ec ? "ec-" : "rsa-") +
                                 std::to_string(key_count) + ".pem");
    std::vector<std::string> certificates;
    if (std::filesystem::exists(file)) certificates = split_pem(sim::read_text(file));
    const std::size_t present = std::min(certificates.size(), options.devices);
    certificates.resize(std::max(certificates.size(), options.devices));
    std::vector<std::unique_ptr<sim::Identity>> made(options.devices);
    std::vector<sim::Identity> by_key;
    for (const auto& key : keys)
        by_key.push_back(sim::Identity::from_pem(authority.identity().certificate_pem(), key));
    in_parallel("certificates", options.signing_threads, options.devices, [&](std::size_t i) {
        const auto& key = by_key[i % by_key.size()];
        if (i >= present) {
            const sim::CertificateRequest request{.common_name = device_id(i)};
            certificates[i] = authority.issue(request, key.shared_key()).certificate_pem();
        }
        made[i] = std::make_unique<sim::Identity>(sim::Identity::from_pem(certificates[i], key.shared_key()));
    });
    if (present < options.devices) {
        std::string all;
        for (const auto& certificate : certificates) all += certificate;
        sim::write_text(file, all);
    }
    for (std::size_t i = 0; i < options.devices; ++i) {
        ids_.push_back(device_id(i));
        identities_.push_back(std::move(*made[i]));
    }
}

std::vector<RequestBytes> Fleet::sign(Kind kind, std::size_t count, const Body& body) const {
    std::vector<RequestBytes> requests(size() * count);
    in_parallel("signing, device", options_.signing_threads, size(), [&](std::size_t device) {
        sim::DeviceProfile profile;
        profile.serial_number = "BENCH" + std::to_string(device);
        const sim::Device simulated{sim::Channel::device(id(device)), identities_[device], {}, profile};
        for (std::size_t n = 0; n < count; ++n)
            requests[device * count + n] = request(kind, device, body(simulated, device, n));
    });
    return requests;
}

RequestBytes Fleet::request(Kind kind, std::size_t device, const std::string& body) const {
    return "PUT /mdm HTTP/1.1\r\nHost: " + host_ + "\r\nContent-Type: application/x-apple-aspen-mdm" +
           (kind == Kind::check_in ? "-checkin" : "") +
           "\r\nMdm-Signature: " + sim::mdm_signature(identities_[device], body) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace nanomdm::bench
