// The storages of this program that keep the webhook's events.
#include "e2e/webhook_suite.hpp"

namespace nanomdm::test {
namespace {

const WebhookStore inmem{.name = "InMem", .open = [](std::vector<std::string>& flags) {
                             flags = {"-storage", "inmem"};
                             return nullptr;
                         }};

NANOMDM_WEBHOOK_SUITE(InMem, inmem);

} // namespace
} // namespace nanomdm::test
