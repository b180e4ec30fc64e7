// What is made of whole and of broken linked lists.
#include "migrate/nanomdm/linked_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::migrate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A whole list.
QueueLinks list(const std::vector<std::string>& uuids) {
    QueueLinks links;
    if (uuids.empty()) return links;
    links.first = uuids.front();
    links.last = uuids.back();
    for (std::size_t i = 0; i + 1 < uuids.size(); ++i) {
        links.items[uuids[i]].next = uuids[i + 1];
        links.items[uuids[i + 1]].prev = uuids[i];
    }
    return links;
}

TEST(LinkedQueue, AWholeOneIsReadInOrder) {
    for (const auto& uuids : {std::vector<std::string>{}, {"A"}, {"B", "A"}, {"C", "A", "B"}}) {
        const auto queue = restore(list(uuids));
        EXPECT_EQ(queue.reachable, uuids);
        EXPECT_THAT(queue.lost, IsEmpty());
        EXPECT_FALSE(queue.is_cut);
        EXPECT_FALSE(queue.is_circular);
    }
}

TEST(LinkedQueue, AnItemThatFollowsItselfEndsIt) {
    auto links = list({"A", "B"});
    links.items["B"] = {.next = "B", .prev = "B"};
    const auto queue = restore(links);
    EXPECT_THAT(queue.reachable, ElementsAre("A", "B"));
    EXPECT_TRUE(queue.is_circular);
    EXPECT_FALSE(queue.is_cut);
}

TEST(LinkedQueue, ACircleIsGoneRoundOnce) {
    auto links = list({"A", "B", "C"});
    links.items["C"].next = "B";
    const auto queue = restore(links);
    EXPECT_THAT(queue.reachable, ElementsAre("A", "B", "C"));
    EXPECT_TRUE(queue.is_circular);
}

TEST(LinkedQueue, WhatAMissingLinkCutsOffIsFoundFromTheEnd) {
    auto links = list({"A", "B", "C", "D"});
    links.items["B"].next.reset();
    const auto queue = restore(links);
    EXPECT_THAT(queue.reachable, ElementsAre("A", "B", "C", "D"));
    EXPECT_TRUE(queue.is_cut);
    EXPECT_FALSE(queue.is_circular);
}

TEST(LinkedQueue, WithoutItsFirstItIsFoundFromTheEnd) {
    auto links = list({"A", "B", "C"});
    links.first.reset();
    EXPECT_THAT(restore(links).reachable, ElementsAre("A", "B", "C"));
}

TEST(LinkedQueue, WithoutBothEndsItIsFoundByItsLinks) {
    auto links = list({"C", "A", "B"});
    links.first.reset();
    links.last.reset();
    const auto queue = restore(links);
    EXPECT_THAT(queue.reachable, IsEmpty());
    EXPECT_THAT(queue.lost, ElementsAre(ElementsAre("C", "A", "B")));
    EXPECT_FALSE(queue.is_cut);
}

TEST(LinkedQueue, ALostOneDoesNotMixWithWhatCameLater) {
    auto links = list({"C", "A", "B"});
    links.first = links.last = "D";
    const auto queue = restore(links);
    EXPECT_THAT(queue.reachable, ElementsAre("D"));
    EXPECT_THAT(queue.lost, ElementsAre(ElementsAre("C", "A", "B")));
}

TEST(LinkedQueue, ALostCircleHasSomeBeginning) {
    QueueLinks links;
    links.items["B"] = {.next = "A", .prev = "A"};
    links.items["A"] = {.next = "B", .prev = "B"};
    const auto queue = restore(links);
    EXPECT_THAT(queue.lost, ElementsAre(ElementsAre("A", "B")));
    EXPECT_TRUE(queue.is_circular);
}

TEST(LinkedQueue, WhatClearingLeavesBehindIsNothing) {
    QueueLinks links;
    links.items["B"].prev = "A";
    const auto queue = restore(links);
    EXPECT_THAT(queue.reachable, IsEmpty());
    EXPECT_THAT(queue.lost, IsEmpty());
    EXPECT_FALSE(queue.is_cut);
}

} // namespace
} // namespace nanomdm::migrate
