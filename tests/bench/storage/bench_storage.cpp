// The figures of docs/performance.md that the file backend answers for, HTTP and signatures apart.
#include "log/log.hpp"
#include "measured.hpp"
#include "storage/file/file_storage.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace nanomdm::bench {
namespace {

constexpr int threads = 32;

/// As long as what a Mac sends.
std::string padded(const std::string& start, std::size_t size) {
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><plist><dict>" + start;
    text.resize(size, 'x');
    return text;
}

Enrollment device(int number) {
    char udid[37];
    std::snprintf(udid, sizeof udid, "%08X-0000-4000-8000-%012X", static_cast<unsigned>(number),
                  static_cast<unsigned>(number));
    return {EnrollmentId{udid}, EnrollmentType::device, std::nullopt};
}

Message message(const Enrollment& enrollment, std::string raw) {
    Identifiers identifiers;
    identifiers.udid = enrollment.id.str();
    return {identifiers, enrollment, std::move(raw)};
}

TokenUpdate token_update(const Enrollment& enrollment, std::uint64_t number) {
    return {message(enrollment, padded(std::to_string(number), 1600)),
            PushInfo{Topic{"com.apple.mgmt.External.00000000-0000-0000-0000-000000000000"},
                     PushMagic{"00000000-0000-0000-0000-000000000000"}, PushToken{std::string(32, 't')}},
            "", UserName{""}, UserName{""}};
}

std::string hash(int number) {
    char text[65];
    std::snprintf(text, sizeof text, "%064x", static_cast<unsigned>(number));
    return text;
}

void enroll(AllStorage& storage, int first, int last) {
    const auto enroll_every = [&](int offset) {
        for (int i = first + offset; i < last; i += threads) {
            const auto one = device(i);
            (void)storage.claim_certificate(one.id, hash(i), ClaimRule::unknown_certificate);
            storage.store_authenticate(
                {message(one, padded("auth", 1500)), Topic{"com.apple.mgmt.x"}, SerialNumber{"C02ABCDEFGHI"}},
                std::string(1600, 'p'));
            storage.store_token_update(token_update(one, 0));
        }
    };
    std::vector<std::jthread> all;
    for (int offset = 0; offset < threads; ++offset) all.emplace_back(enroll_every, offset);
}

class Bench {
public:
    Bench(std::filesystem::path directory, double seconds)
        : directory_{std::move(directory)}, seconds_{seconds} {}

    void thousand_devices() {
        const auto storage = open();
        constexpr int devices = 1000;
        enroll(*storage, 0, devices);
        std::vector<Enrollment> fleet;
        for (int i = 0; i < devices; ++i) fleet.push_back(device(i));
        const auto of = [&fleet](int thread, std::uint64_t number) -> const Enrollment& {
            return fleet[(static_cast<std::size_t>(thread) * 31 + number) % fleet.size()];
        };

        print("Idle", run(threads, std::min(seconds_, 10.0), [&](int thread, std::uint64_t number) {
                  const auto& one = of(thread, number);
                  (void)storage->is_associated(one.id, hash(0));
                  storage->touch_last_seen(one);
                  (void)storage->next_command(one.id, NotNow::candidates);
              }));

        Lag lag{*storage};
        print("TokenUpdate", run(
                                 threads, seconds_,
                                 [&](int thread, std::uint64_t number) {
                                     storage->store_token_update(token_update(of(thread, number), number));
                                 },
                                 [&] { lag.observe(); }));
        lag.print();

        enqueue(*storage, fleet);
        deliver(*storage, fleet);
        std::printf("resident with 1,000 devices after all that: %.1f MiB\n", resident_mebibytes());
    }

    void fleet(int devices) {
        {
            const auto storage = open();
            enroll(*storage, 1000, devices);
            const auto start = std::chrono::steady_clock::now();
            storage->checkpoint();
            std::printf("checkpoint after enrolling %d: %.2f s\n", devices, since(start));
        }
        const double before = resident_mebibytes();
        const auto start = std::chrono::steady_clock::now();
        const auto storage = open();
        std::printf("start-up with %d enrollments: %.2f s, resident %.1f MiB (before opening: %.1f)\n",
                    devices, since(start), resident_mebibytes(), before);
    }

    /// In a process of its own: opens what is there.
    void open_only() {
        const double before = resident_mebibytes();
        const auto start = std::chrono::steady_clock::now();
        const auto storage = open();
        std::printf("start-up: %.2f s, resident %.1f MiB (before opening: %.1f)\n", since(start),
                    resident_mebibytes(), before);
    }

private:
    /// How far the plain files are behind, second by second.
    class Lag {
    public:
        explicit Lag(const storage::FileStorage& storage) : storage_{storage} {}
        void observe() { seen_.push_back(static_cast<double>(storage_.journal_backlog()) / (1 << 20)); }
        void print() const {
            const auto half = seen_.begin() + static_cast<std::ptrdiff_t>(seen_.size() / 2);
            if (half == seen_.begin()) return;
            std::printf("  journal backlog: at most %.1f MiB in the first half, %.1f in the second\n",
                        *std::max_element(seen_.begin(), half), *std::max_element(half, seen_.end()));
        }

    private:
        const storage::FileStorage& storage_;
        std::vector<double> seen_;
    };

    static double since(std::chrono::steady_clock::time_point start) {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }

    std::unique_ptr<storage::FileStorage> open() {
        return std::make_unique<storage::FileStorage>(storage::FileOptions{.directory = directory_});
    }

    void enqueue(AllStorage& storage, const std::vector<Enrollment>& fleet) {
        std::vector<EnrollmentId> ids;
        for (const auto& one : fleet) ids.push_back(one.id);
        double worst = 0;
        const auto start = std::chrono::steady_clock::now();
        constexpr int commands = 50;
        for (int i = 0; i < commands; ++i) {
            const auto one = std::chrono::steady_clock::now();
            (void)storage.enqueue(
                {CommandUuid{"C-" + std::to_string(i)}, RequestType{"DeviceInformation"}, padded("c", 900)},
                ids);
            worst = std::max(worst, since(one));
        }
        std::printf("enqueue to 1,000 IDs: %.2f ms, at most %.2f ms\n", since(start) / commands * 1e3,
                    worst * 1e3);
    }

    /// A report, and the next command with it; a thread has devices of its own.
    void deliver(storage::FileStorage& storage, const std::vector<Enrollment>& fleet) {
        std::vector<EnrollmentId> ids;
        for (const auto& one : fleet) ids.push_back(one.id);
        std::atomic<std::uint64_t> rounds{0};
        std::atomic<std::uint64_t> reports{0};
        Lag lag{storage};
        std::vector<std::optional<Command>> last(fleet.size());
        auto rate = run(
            threads, seconds_,
            [&](int thread, std::uint64_t number) {
                const auto mine = fleet.size() / threads;
                const auto at = static_cast<std::size_t>(thread) * mine + number % mine;
                auto& known = last[at];
                if (known) {
                    CommandReport report{message(fleet[at], padded("done", 700)),
                                         ReportStatus{"Acknowledged"}, known->uuid};
                    storage.store_report(report);
                    ++reports;
                }
                known = storage.next_command(fleet[at].id, NotNow::candidates);
                // Thread 0 keeps the queues filled, as an administrator's script would.
                if (!known && thread == 0) {
                    for (int i = 0; i < 20; ++i)
                        (void)storage.enqueue({CommandUuid{"D-" + std::to_string(rounds++)},
                                               RequestType{"DeviceInformation"}, padded("d", 900)},
                                              ids);
                }
            },
            [&] { lag.observe(); });
        rate.operations = static_cast<double>(reports.load());
        bench::print("acknowledge and fetch", rate);
        lag.print();
    }

    std::filesystem::path directory_;
    double seconds_;
};

} // namespace
} // namespace nanomdm::bench

int main(int count, char** arguments) {
    namespace fs = std::filesystem;
    using namespace nanomdm;
    log::configure(log::Level::warning, log::Format::text);
    const fs::path directory =
        count > 1 ? fs::path{arguments[1]} : fs::temp_directory_path() / "nanomdm-bench-storage";
    if (count > 2 && std::string{arguments[2]} == "open") {
        bench::Bench{directory, 0}.open_only();
        return 0;
    }
    const double seconds = count > 2 ? std::atof(arguments[2]) : 60;
    fs::remove_all(directory);
    bench::Bench bench{directory, seconds};
    bench.thousand_devices();
    bench.fleet(50'000);
    std::printf("kept in %s: start-up in a fresh process with %s %s open\n", directory.c_str(), arguments[0],
                directory.c_str());
}
