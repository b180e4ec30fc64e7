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
    /// Each call an empty storage: the flags that name it, and what keeps it alive. None are needed for
    /// `file`.
    std::function<std::shared_ptr<void>(std::vector<std::string>& flags)> open;
};

void PrintTo(const WebhookStore& store, std::ostream* out);

class WebhookTest : public testing::TestWithParam<WebhookStore> {
protected:
    /// A server on a storage of its own. @param more further flags
    [[nodiscard]] Scene scene(std::vector<std::string> more) {
        std::vector<std::string> flags;
        stores_.push_back(GetParam().open(flags));
        more.insert(more.begin(), flags.begin(), flags.end());
        return Scene{std::move(more)};
    }

private:
    std::vector<std::shared_ptr<void>> stores_;
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
