// What is handled is counted by its kind; what fails is not.
#include "service/counted.hpp"

#include "contract/samples.hpp"
#include "every_message.hpp"
#include "nanomdm/error.hpp"
#include "recording_service.hpp"

#include <gtest/gtest.h>

namespace nanomdm::service {
namespace {

using namespace contract;

struct Scene {
    RecordingService next;
    DeviceStatistics statistics;
    Counted counted{next, statistics};
    Request request;

    [[nodiscard]] std::uint64_t check_ins() const {
        std::uint64_t all = 0;
        for (const auto& count : statistics.check_ins) all += count.value();
        return all;
    }
    [[nodiscard]] std::uint64_t reports() const {
        std::uint64_t all = 0;
        for (const auto& count : statistics.reports) all += count.value();
        return all;
    }
};

TEST(Counted, EveryMessageByItsType) {
    Scene scene;
    const auto mac = device("MAC");
    scene.counted.authenticate(scene.request, authenticate(mac));
    EXPECT_EQ(scene.statistics.check_ins[0].value(), 1U);
    for (const auto& message : messages_after_authenticate()) {
        const auto place = std::find(DeviceStatistics::check_in_types.begin(),
                                     DeviceStatistics::check_in_types.end(), message.name);
        message.send(scene.counted, scene.request, mac);
        if (place == DeviceStatistics::check_in_types.end()) continue; // a report
        const auto i = static_cast<std::size_t>(place - DeviceStatistics::check_in_types.begin());
        EXPECT_EQ(scene.statistics.check_ins[i].value(), 1U) << message.name;
    }
    EXPECT_EQ(scene.check_ins(), DeviceStatistics::check_in_types.size());
    EXPECT_EQ(scene.reports(), 1U);
}

TEST(Counted, NothingThatFails) {
    Scene scene;
    scene.next.failure = Error{Errc::forbidden, "no"};
    for (const auto& message : messages_after_authenticate())
        EXPECT_THROW(message.send(scene.counted, scene.request, device("MAC")), Error) << message.name;
    EXPECT_EQ(scene.check_ins(), 0U);
    EXPECT_EQ(scene.reports(), 0U);
}

TEST(Counted, CommandsThatAreDelivered) {
    Scene scene;
    for (const auto& message : messages_after_authenticate())
        message.send(scene.counted, scene.request, device("MAC"));
    EXPECT_EQ(scene.statistics.deliveries.value(), 0U);
    scene.next.next_command = command("C1");
    for (const auto& message : messages_after_authenticate())
        message.send(scene.counted, scene.request, device("MAC"));
    EXPECT_EQ(scene.statistics.deliveries.value(), 1U);
}

} // namespace
} // namespace nanomdm::service
