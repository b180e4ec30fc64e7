// The connection goes after a command has reached the server and before its answer is back: whether it took
// effect is unknown to us, and doing the work again must be right in either case.
#include "storage/mysql/mysql_storage.hpp"
#include "support/database/answer_thief.hpp"
#include "unit/storage_mysql/disturbed_operations.hpp"
#include "unit/storage_mysql/failure_scene.hpp"

#include <gtest/gtest.h>

#include <string>

namespace nanomdm::storage::mysql::test {
namespace {

using nanomdm::test::AnswerThief;

struct Outcome {
    std::string answer;
    std::string tables;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};
void PrintTo(const Outcome& outcome, std::ostream* out) { *out << outcome.answer << '\n' << outcome.tables; }

MySqlOptions options() {
    MySqlOptions options;
    options.endpoint = endpoint_of(server(), "failures");
    options.patience = 20s;
    return options;
}

std::string current() {
    Session session{endpoint_of(server(), "failures")};
    return dump(session);
}

class LostAnswer : public testing::TestWithParam<Operation> {};

// Twice is what the caller itself would have done, had we told it of the failure: a count is one too high
// then, and «newly done» has become «done already».
TEST_P(LostAnswer, IsAsIfDoneOnceOrTwice) {
    AnswerThief thief{server().port()};
    auto stolen_from = options();
    stolen_from.endpoint.port = thief.port();
    (void)empty_tables();
    MySqlStorage storage{stolen_from}; // one for all: its background work is over before the first theft
    fill(storage);
    Outcome once;
    once.answer = GetParam().run(storage);
    once.tables = current();
    Outcome twice;
    twice.answer = GetParam().run(storage);
    twice.tables = current();

    int command = 1;
    for (bool stolen = true; stolen; ++command) {
        ASSERT_LT(command, 60);
        (void)empty_tables();
        fill(storage);
        thief.steal_answer(command);
        Outcome found;
        found.answer = GetParam().run(storage);
        stolen = thief.has_stolen();
        found.tables = current();
        EXPECT_TRUE(found == once || found == twice) << "without the answer to command " << command << ":\n"
                                                     << testing::PrintToString(found) << "\ninstead of:\n"
                                                     << testing::PrintToString(once) << "\nor:\n"
                                                     << testing::PrintToString(twice);
    }
    EXPECT_GT(command, 2) << "the operation asks the database at least once";
}

INSTANTIATE_TEST_SUITE_P(, LostAnswer, testing::ValuesIn(operations()),
                         [](const auto& test) { return test.param.name; });

} // namespace
} // namespace nanomdm::storage::mysql::test
