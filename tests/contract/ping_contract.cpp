// A storage that works answers; one that does not is each backend's own test.
#include "contract/storage_contract.hpp"

namespace nanomdm::contract {
namespace {

TEST_P(PingContract, AStorageThatWorksAnswersAndNothingChanges) {
    const auto mac = device("A1B2");
    EXPECT_NO_THROW(storage().ping()) << "an empty one";
    enroll(mac);
    const auto queued = command("C1");
    enqueue(queued, mac);
    for (int i = 0; i < 3; ++i) EXPECT_NO_THROW(storage().ping());
    EXPECT_EQ(storage().enrollment(mac.id)->token_update_tally, 1);
    EXPECT_EQ(next(mac), "C1");
    if (!reopen()) return;
    EXPECT_NO_THROW(storage().ping());
}

TEST_P(PingContract, AnswersWhileOthersWrite) {
    in_parallel(4, [this](int number) {
        const auto mac = device("MAC" + std::to_string(number));
        for (int i = 0; i < 5; ++i) {
            enroll(mac);
            storage().ping();
        }
    });
    for (int number = 0; number < 4; ++number)
        EXPECT_TRUE(storage().enrollment(device("MAC" + std::to_string(number)).id)->enabled);
}

} // namespace
} // namespace nanomdm::contract
