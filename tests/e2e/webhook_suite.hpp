// The webhook from outside, on any storage: NANOMDM_WEBHOOK_SUITE(name, store) in one program per storage.
#pragma once

#include "e2e/scene.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nanomdm::test {

struct WebhookStore {
    std::string name;
    /// The flags that name a storage of its own, and what keeps that alive.
    std::function<std::shared_ptr<void>(std::vector<std::string>& flags)> open;
};

void PrintTo(const WebhookStore& store, std::ostream* out);

class WebhookTest : public testing::TestWithParam<WebhookStore> {
protected:
    WebhookTest() : store_{GetParam().open(store_flags_)} {}

    /// A server on this storage. @param more further flags
    [[nodiscard]] Scene scene(std::vector<std::string> more) const {
        more.insert(more.begin(), store_flags_.begin(), store_flags_.end());
        return Scene{std::move(more)};
    }

private:
    std::vector<std::string> store_flags_;
    std::shared_ptr<void> store_;
};

/// Only for storages that outlive the process.
class WebhookKillTest : public WebhookTest {};

} // namespace nanomdm::test

#define NANOMDM_WEBHOOK_SUITE(Name, store)                                                                   \
    INSTANTIATE_TEST_SUITE_P(Name, WebhookTest, testing::Values(store),                                      \
                             [](const auto& test) { return test.param.name; })
#define NANOMDM_WEBHOOK_KILL_SUITE(Name, store)                                                              \
    INSTANTIATE_TEST_SUITE_P(Name, WebhookKillTest, testing::Values(store),                                  \
                             [](const auto& test) { return test.param.name; })
