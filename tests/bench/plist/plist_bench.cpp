// Prints what decoding costs: ordinary messages in microseconds, hostile ones in milliseconds.
#include "bench/plist/hostile.hpp"
#include "mdm/decode.hpp"
#include "nanomdm/error.hpp"
#include "plist/guard.hpp"
#include "plist/value.hpp"
#include "plist/xml_writer.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>

namespace {

using namespace nanomdm;
/// Of this thread's processor time, so that a busy machine does not show.
double now_in_milliseconds() {
    std::timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double milliseconds(const std::function<void()>& action) {
    const auto start = now_in_milliseconds();
    action();
    return now_in_milliseconds() - start;
}

/// @return whether `action` accepted; the time is the best of three.
bool attempt(const std::function<void()>& action, double& best) {
    bool accepted = true;
    best = 1e9;
    for (int i = 0; i < 3; ++i) {
        best = std::min(best, milliseconds([&] {
                            try {
                                action();
                            } catch (const Error&) {
                                accepted = false;
                            }
                        }));
    }
    return accepted;
}

double print_hostile(const bench::Hostile& hostile) {
    double guard = 0;
    double tree = 0;
    double report = 0;
    attempt([&] { plist::guard(hostile.body); }, guard);
    const bool decoded = attempt([&] { (void)plist::Document::decode(hostile.body); }, tree);
    const bool reported = attempt([&] { (void)decode_command_report(hostile.body); }, report);
    std::printf("%-36s %6.2f %9.1f %9.1f %-8s %9.1f %s\n", hostile.name.c_str(),
                static_cast<double>(hostile.body.size()) / (1 << 20), guard, tree,
                decoded ? "decoded" : "refused", report, reported ? "read" : "refused");
    return std::max(tree, report);
}

void print_ordinary(const char* name, const std::function<void()>& action) {
    constexpr int times = 20'000;
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        best = std::min(best, milliseconds([&] {
                            for (int i = 0; i < times; ++i) action();
                        }));
    }
    std::printf("%-36s %6.2f µs\n", name, best * 1000 / times);
}

std::string idle() {
    plist::XmlWriter writer;
    writer.begin_dict().key("Status").string("Idle").key("UDID").string(
        "66ADE930-5FDF-5EC4-8429-15640684C489");
    return writer.finish();
}

std::string token_update() {
    plist::XmlWriter writer;
    writer.begin_dict().key("AwaitingConfiguration").boolean(false).key("MessageType").string("TokenUpdate");
    writer.key("PushMagic")
        .string("CEFDF0BD-E342-4A27-8742-E930EA116B0A")
        .key("Token")
        .data(std::string(32, 'x'));
    writer.key("Topic").string("com.apple.mgmt.External.e0bd1eac-1f17-4c8e-8a63-dd17d3dd35d9");
    writer.key("UDID")
        .string("66ADE930-5FDF-5EC4-8429-15640684C489")
        .key("UnlockToken")
        .data(std::string(3000, 'x'));
    return writer.finish();
}

std::string app_list() {
    plist::XmlWriter writer;
    writer.begin_dict().key("CommandUUID").string("c-1").key("InstalledApplicationList").begin_array();
    for (int app = 0; app < 3000; ++app) {
        writer.begin_dict();
        for (int member = 0; member < 8; ++member)
            writer.key("Member" + std::to_string(member)).string("com.example.app & more");
        writer.end();
    }
    writer.end()
        .key("Status")
        .string("Acknowledged")
        .key("UDID")
        .string("66ADE930-5FDF-5EC4-8429-15640684C489");
    return writer.finish();
}

std::string command() {
    plist::XmlWriter writer;
    writer.begin_dict().key("Command").begin_dict().key("RequestType").string("InstallProfile");
    writer.key("Payload").data(std::string(20'000, 'x')).end().key("CommandUUID").string("c-1");
    return writer.finish();
}

} // namespace

int main() {
    const auto idle_body = idle();
    const auto token_body = token_update();
    const auto apps_body = app_list();
    const auto command_body = command();
    print_ordinary("report, Idle", [&] { (void)decode_command_report(idle_body); });
    print_ordinary("peek at TokenUpdate", [&] { (void)peek_message_type(token_body); });
    print_ordinary("check-in, TokenUpdate", [&] { (void)decode_check_in(token_body); });
    print_ordinary("command, 27 kB profile", [&] { (void)decode_command(command_body); });
    double apps = 0;
    attempt([&] { (void)decode_command_report(apps_body); }, apps);
    std::printf("%-36s %6.2f ms (%.1f MiB)\n\n", "report, 3,000 apps", apps,
                static_cast<double>(apps_body.size()) / (1 << 20));

    std::printf("%-36s %6s %9s %9s %-8s %9s\n", "hostile", "MiB", "guard ms", "tree ms", "", "report ms");
    double worst = 0;
    for (const auto& body : bench::hostile_xml()) worst = std::max(worst, print_hostile(body));
    for (const auto& body : bench::hostile_binary()) worst = std::max(worst, print_hostile(body));
    std::printf("\nworst: %.1f ms\n", worst);
}
