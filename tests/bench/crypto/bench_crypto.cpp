// Nanoseconds per identity check, by path, key and number of threads; the raw signature verification as the
// floor. Prints a table.
#include "crypto/certificate.hpp"
#include "crypto/cms.hpp"
#include "crypto/identity_verifier.hpp"
#include "encoding/base64.hpp"
#include "support/cms_signer.hpp"
#include "support/openssl_pem.hpp"
#include "support/signed_data_parts.hpp"
#include "support/test_ca.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <malloc.h>
#include <map>
#include <numeric>
#include <thread>
#include <vector>

namespace {

using namespace nanomdm;
using namespace nanomdm::test;
using Clock = std::chrono::steady_clock;

const std::string idle =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict><key>Status</key>"
    "<string>Idle</string><key>UDID</key><string>66ADE930-5FDF-5EC4-8429-15640684C489</string>"
    "</dict></plist>\n";

double processor_nanoseconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

/// The mean over a second, in processor time, so that a busy machine does not count.
double nanoseconds_each(const std::function<void(std::size_t)>& operation, unsigned threads) {
    for (std::size_t i = 0; i < 1000; ++i) operation(i);
    std::vector<double> means(threads);
    std::vector<std::thread> running;
    const auto end = Clock::now() + std::chrono::seconds{1};
    for (unsigned t = 0; t < threads; ++t) {
        running.emplace_back([&, t] {
            const double start = processor_nanoseconds();
            std::size_t done = 0;
            while (Clock::now() < end)
                for (int i = 0; i < 20; ++i) operation(t * 7919 + done++);
            means[t] = (processor_nanoseconds() - start) / static_cast<double>(done);
        });
    }
    for (auto& thread : running) thread.join();
    return std::accumulate(means.begin(), means.end(), 0.0) / threads;
}

void report(const char* what, const std::function<void(std::size_t)>& operation) {
    const double one = nanoseconds_each(operation, 1);
    const double two = nanoseconds_each(operation, 2);
    std::printf("%-52s %9.0f ns  %9.0f ns\n", what, one, two);
}

struct Device {
    std::string header;
    std::string header_ber;
    std::string cms;
    std::string der;
};

Device make_device(const TestCa& ca, const std::string& key, std::size_t number) {
    CertificateRequest request;
    request.common_name = "device " + std::to_string(number);
    request.private_key_pem = key;
    const auto identity = ca.issue(request);
    Device device;
    device.cms = sign_cms(identity.certificate_pem, identity.private_key_pem, idle);
    device.header = base64_encode(device.cms);
    device.header_ber = base64_encode(SignedDataParts::of(device.cms).assemble(true));
    device.der = identity.certificate_der();
    return device;
}

void raw_verification(const std::string& private_key, const char* name) {
    const auto key = key_from_pem(private_key);
    const auto* const digest = EVP_sha256();
    const std::string hash(32, 'h');
    const auto* const bytes = reinterpret_cast<const unsigned char*>(hash.data());
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
    std::size_t size = signature.size();
    using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
    const ContextPtr signing{EVP_PKEY_CTX_new(key.get(), nullptr)};
    must(EVP_PKEY_sign_init(signing.get()) == 1, "sign");
    must(EVP_PKEY_CTX_set_signature_md(signing.get(), digest) == 1, "sign");
    must(EVP_PKEY_sign(signing.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                       hash.size()) == 1,
         "sign");
    report(name, [&](std::size_t) {
        thread_local std::map<EVP_PKEY*, ContextPtr> contexts;
        auto& context = contexts[key.get()];
        if (!context) {
            context.reset(EVP_PKEY_CTX_new(key.get(), nullptr));
            must(EVP_PKEY_verify_init(context.get()) == 1, "verify");
            must(EVP_PKEY_CTX_set_signature_md(context.get(), digest) == 1, "verify");
        }
        must(EVP_PKEY_verify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), size,
                             bytes, hash.size()) == 1,
             "verify");
    });
}

void by_key(const TestCa& ca, const TrustOptions& trust, const std::string& key) {
    std::vector<Device> devices;
    for (std::size_t i = 0; i < 1000; ++i) devices.push_back(make_device(ca, key, i));
    IdentityVerifier verifier{trust};
    report("  remembered, 1,000 devices, DER", [&](std::size_t i) {
        static_cast<void>(verifier.verify_signature(devices[i % 1000].header, idle));
    });
    report("  remembered, 1,000 devices, BER", [&](std::size_t i) {
        static_cast<void>(verifier.verify_signature(devices[i % 1000].header_ber, idle));
    });
    report("  remembered, always the same device",
           [&](std::size_t) { static_cast<void>(verifier.verify_signature(devices[0].header, idle)); });
    report("  remembered, certificate header",
           [&](std::size_t i) { static_cast<void>(verifier.verify_der(devices[i % 1000].der)); });
    // A clock that runs backwards makes every remembered certificate unusable.
    std::atomic<std::int64_t> ticks{0};
    const auto now = std::chrono::system_clock::now();
    IdentityVerifier first_sight{trust, [&] { return now - std::chrono::microseconds{1} * ticks++; }};
    report("  at first sight", [&](std::size_t i) {
        static_cast<void>(first_sight.verify_signature(devices[i % 1000].header, idle));
    });
    report("  OpenSSL's CMS alone, chain not verified",
           [&](std::size_t i) { crypto::CmsSignature{devices[i % 1000].cms}.verify(idle); });
}

void memory(const TestCa& ca, const TrustOptions& trust, const std::string& key) {
    IdentityVerifier verifier{trust};
    std::vector<Device> devices;
    for (std::size_t i = 0; i < 1000; ++i) devices.push_back(make_device(ca, key, i));
    const auto before = mallinfo2().uordblks;
    for (const auto& device : devices) static_cast<void>(verifier.verify_signature(device.header, idle));
    std::printf("%-52s %9.0f bytes\n", "  remembered certificate",
                static_cast<double>(mallinfo2().uordblks - before) / 1000);
}

} // namespace

int main() {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const auto ca = TestCa::make_root("Bench", KeyType::rsa_2048);
    TrustOptions trust;
    trust.ca_pem = ca.certificate_pem();
    const auto rsa = make_private_key(KeyType::rsa_2048);
    const auto ec = make_private_key(KeyType::ec_p256);
    std::printf("%-52s %12s  %12s\n", "processor time per verification", "1 thread", "2 threads");
    std::printf("RSA-2048\n");
    raw_verification(rsa, "  EVP_PKEY_verify alone");
    by_key(ca, trust, rsa);
    memory(ca, trust, rsa);
    std::printf("ECDSA P-256\n");
    raw_verification(ec, "  EVP_PKEY_verify alone");
    by_key(ca, trust, ec);
    memory(ca, trust, ec);
}
