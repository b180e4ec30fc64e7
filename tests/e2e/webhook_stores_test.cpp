// The storages of this program that keep the webhook's events.
#include "e2e/webhook_suite.hpp"

namespace nanomdm::test {
namespace {

const WebhookStore inmem{.name = "InMem", .open = [](std::vector<std::string>& flags) {
                             flags = {"-storage", "inmem"};
                             return nullptr;
                         }};

const WebhookStore file{.name = "File", .open = [](std::vector<std::string>&) { return nullptr; }};

NANOMDM_WEBHOOK_SUITE(InMem, inmem);
NANOMDM_WEBHOOK_SUITE(File, file);
NANOMDM_WEBHOOK_KILL_SUITE(File, file);

} // namespace
} // namespace nanomdm::test
