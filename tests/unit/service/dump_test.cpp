// What -dump writes: bodies as they travel, whole and in order.
#include "service/dump.hpp"

#include "contract/samples.hpp"
#include "every_message.hpp"
#include "mdm/encode.hpp"
#include "recording_service.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>

namespace nanomdm::service {
namespace {

using namespace contract;

const Enrollment mac = device("A1B2");
const Enrollment anna = user_of(mac, "ANNA");

class DumpTest : public testing::Test {
protected:
    /// What was written since the last call.
    std::string written() {
        std::string text = out.str();
        out.str("");
        return text;
    }

    std::ostringstream out;
    RecordingService next;
    Dump dump{next, out};
    Request request;
};

TEST_F(DumpTest, RequestsWithoutAnAnswer) {
    dump.authenticate(request, authenticate(mac, "<authenticate>"));
    EXPECT_EQ(written(), "<authenticate>\n");
    EXPECT_EQ(dump.token_update(request, token_update(mac, "<token update>")), 7);
    EXPECT_EQ(written(), "<token update>\n");
    dump.check_out(request, check_out(mac));
    EXPECT_EQ(written(), "<check out>\n");
    EXPECT_EQ(dump.user_authenticate(request, user_authenticate(anna, "<user>", "digest")),
              UserAuthenticateAnswer::accepted);
    EXPECT_EQ(written(), "<user>\n");
    dump.set_bootstrap_token(request, {check_out(mac), "token"});
    EXPECT_EQ(written(), "<check out>\n");
    EXPECT_FALSE(dump.bootstrap_token(request, {check_out(mac)}));
    EXPECT_EQ(written(), "<check out>\n");
    EXPECT_EQ(dump.declarative_management(request, {check_out(mac), "status", "{}"}), "");
    EXPECT_EQ(written(), "<check out>\n");
    EXPECT_FALSE(dump.command_report(request, command_report(mac, "Idle", "-", "<idle>")));
    EXPECT_EQ(written(), "<idle>\n");
}

TEST_F(DumpTest, AnswersInTheBytesOfTheDevice) {
    next.user_authenticate_answer = UserAuthenticateAnswer::challenge;
    next.bootstrap_token_answer = "escrowed";
    next.declarative_management_answer = "{\"a\":1}";
    next.token_answer = "token data";
    next.next_command = command("c");
    EXPECT_EQ(dump.user_authenticate(request, user_authenticate(anna, "<user>", "")),
              UserAuthenticateAnswer::challenge);
    EXPECT_EQ(written(), "<user>\n" + encode_digest_challenge("") + "\n");
    EXPECT_EQ(dump.bootstrap_token(request, {check_out(mac)}), "escrowed");
    EXPECT_EQ(written(), "<check out>\n" + encode_bootstrap_token("escrowed") + "\n");
    EXPECT_EQ(dump.declarative_management(request, {check_out(mac), "tokens", ""}), "{\"a\":1}");
    EXPECT_EQ(written(), "<check out>\n{\"a\":1}\n");
    EXPECT_EQ(dump.token(request, {check_out(mac), "com.apple.maid"}), "token data");
    EXPECT_EQ(written(), "<check out>\n" + encode_token_data("token data") + "\n");
    EXPECT_EQ(dump.command_report(request, command_report(mac, "Error", "x", "<report>")), command("c"));
    EXPECT_EQ(written(), "<report>\n" + command("c").raw + "\n");
}

TEST_F(DumpTest, ADeclinedUserAuthenticateHasNoAnswer) {
    next.user_authenticate_answer = UserAuthenticateAnswer::declined;
    EXPECT_EQ(dump.user_authenticate(request, user_authenticate(anna, "<user>", "")),
              UserAuthenticateAnswer::declined);
    EXPECT_EQ(written(), "<user>\n");
}

TEST_F(DumpTest, RequestsThatFailAreWrittenToo) {
    next.failure = Error{Errc::forbidden, "refused"};
    for (const auto& message : every_message()) {
        EXPECT_THROW(message.send(dump, request, mac), Error) << message.name;
        const std::string text = written();
        EXPECT_GT(text.size(), 2U) << message.name;
        EXPECT_EQ(text.find('\n'), text.size() - 1) << message.name;
    }
    EXPECT_EQ(next.calls.size(), every_message().size());
}

TEST_F(DumpTest, BinaryBodiesAreWrittenAsTheyAre) {
    dump.authenticate(request, authenticate(mac, binary_bytes(1000)));
    EXPECT_TRUE(written() == binary_bytes(1000) + "\n");
}

TEST_F(DumpTest, BodiesOfManyThreadsAreNotMixed) {
    constexpr int threads = 8;
    constexpr int each = 50;
    {
        std::vector<std::jthread> workers;
        for (int i = 0; i < threads; ++i) {
            workers.emplace_back([this, i] {
                const auto message = authenticate(mac, std::string(5000, static_cast<char>('a' + i)));
                for (int n = 0; n < each; ++n) dump.authenticate(request, message);
            });
        }
    }
    std::istringstream lines{written()};
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        ASSERT_EQ(line, std::string(5000, line.at(0)));
    }
    EXPECT_EQ(count, threads * each);
}

} // namespace
} // namespace nanomdm::service
