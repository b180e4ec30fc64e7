// The judge of the crash test must itself be able to say no.
#include "e2e/ledger.hpp"

#include <gtest/gtest.h>

namespace nanomdm::test {
namespace {

TEST(Ledger, AnsweredEnqueuesMustBeThereInOrder) {
    Ledger ledger;
    for (const char* uuid : {"A", "B"}) {
        ledger.enqueue_sent(uuid);
        ledger.enqueue_answered(uuid);
    }
    EXPECT_EQ(ledger.settle({"A", "B"}), "");
    EXPECT_NE(ledger.settle({"B", "A"}), "");
}

TEST(Ledger, LostDuplicatedAndInventedCommandsAreNoticed) {
    for (const auto& pending : {std::vector<std::string>{}, {"A", "A"}, {"A", "X"}}) {
        Ledger ledger;
        ledger.enqueue_sent("A");
        ledger.enqueue_answered("A");
        EXPECT_NE(ledger.settle(pending), "");
    }
}

TEST(Ledger, WhatWasNotAnsweredMayBeThereOrNot) {
    for (const auto& pending : {std::vector<std::string>{}, {"A"}}) {
        Ledger enqueued;
        enqueued.enqueue_sent("A");
        EXPECT_EQ(enqueued.settle(pending), "");
        Ledger reported;
        reported.enqueue_sent("A");
        reported.enqueue_answered("A");
        reported.report_sent("A");
        EXPECT_EQ(reported.settle(pending), "");
    }
}

TEST(Ledger, AReportedCommandMustNotComeBack) {
    Ledger ledger;
    ledger.enqueue_sent("A");
    ledger.report_sent("A");
    ledger.report_answered("A");
    ledger.enqueue_answered("A"); // the administrator's answer came later
    EXPECT_NE(ledger.settle({"A"}), "");
    EXPECT_EQ(ledger.reported(), std::set<std::string>{"A"});
}

TEST(Ledger, BootstrapTokenIsTheLastAnsweredOrTheOneInFlight) {
    Ledger ledger;
    ledger.bootstrap_token_sent("1");
    ledger.bootstrap_token_answered("1");
    ledger.bootstrap_token_sent("2");
    EXPECT_NE(ledger.settle_bootstrap_token("0"), "");
    ledger.bootstrap_token_sent("3");
    EXPECT_EQ(ledger.settle_bootstrap_token("3"), "");
}

} // namespace
} // namespace nanomdm::test
