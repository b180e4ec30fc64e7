// The log's way out, with readers that stall, dawdle and go away.
#include "log/buffered_sink.hpp"

#include "unit/log/reader.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/spdlog.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <unistd.h>

namespace nanomdm::log {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// 20 MiB: 8 being written, 8 behind them, and lines that have no room.
constexpr std::uint64_t more_than_fits = 20 * 1024;

/// Long and short ones; where a long one had no room, a short one may not slip in before that is told.
std::size_t size_of(std::uint64_t number) { return number % 2 == 0 ? 2000 : 48; }

/// A logger that writes to a file descriptor through the sink under test.
struct Output {
    explicit Output(int fd)
        : sink{std::make_shared<BufferedSink>(
              fd, [](std::uint64_t lines) { return "dropped=" + std::to_string(lines); })},
          logger{"test", sink} {
        logger.flush_on(spdlog::level::warn);
        logger.set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    }
    std::shared_ptr<BufferedSink> sink;
    spdlog::logger logger;
};

/// "42 xxxx…": its number, and filling that shows a torn or mixed line.
std::string numbered(std::uint64_t number, std::size_t size, char filling = 'x') {
    auto line = std::to_string(number) + " ";
    line.resize(size - 1, filling);
    return line;
}

void log_numbered(Output& output, std::uint64_t from, std::uint64_t to) {
    for (auto number = from; number < to; ++number) output.logger.info(numbered(number, size_of(number)));
}

std::optional<std::uint64_t> dropped_in(const std::string& line) {
    if (!line.starts_with("dropped=")) return std::nullopt;
    return std::stoull(line.substr(8));
}

TEST(BufferedSink, AStalledReaderHoldsUpNobodyWhoLogs) {
    for (const auto kind : {Reader::Kind::pipe, Reader::Kind::non_blocking_pipe}) {
        Reader reader{kind};
        Output output{reader.input()};
        auto logging = std::async(std::launch::async, [&] {
            log_numbered(output, 0, more_than_fits);
            output.logger.warn("which asks for a flush");
            output.logger.flush();
        });
        const bool done = logging.wait_for(30s) == std::future_status::ready;
        EXPECT_TRUE(done);
        EXPECT_FALSE(output.sink->wait_until_settled(1ms));
        if (!done) reader.start(); // or the end of this test would hang
    }
}

TEST(BufferedSink, DroppedLinesAreCountedAndToldWhereTheyAreMissing) {
    Reader reader;
    Output output{reader.input()};
    log_numbered(output, 0, more_than_fits);
    reader.start();
    EXPECT_TRUE(output.sink->wait_until_settled(30s));
    output.logger.warn("afterwards");
    ASSERT_TRUE(reader.sees("afterwards"));

    std::uint64_t next = 0;
    std::uint64_t dropped = 0;
    auto lines = reader.lines();
    EXPECT_EQ(lines.back(), "afterwards");
    lines.pop_back();
    for (const auto& line : lines) {
        if (const auto gap = dropped_in(line)) {
            dropped += *gap;
            next += *gap;
        } else {
            ASSERT_EQ(line, numbered(next, size_of(next)));
            ++next;
        }
    }
    EXPECT_EQ(next, more_than_fits);
    EXPECT_GT(dropped, 0U);
    EXPECT_LE(dropped, more_than_fits - 8 * 1000) << "8 MiB have room";
}

TEST(BufferedSink, ALineThatCouldNotBeMadeIsToldEvenIfNoOtherFollows) {
    Reader reader;
    Output output{reader.input()};
    output.sink->drop_line();
    EXPECT_TRUE(output.sink->wait_until_settled(30s));
    reader.start();
    EXPECT_TRUE(reader.sees("dropped=1"));
}

TEST(BufferedSink, FlushEndsWhenAReaderHasRecovered) {
    Reader reader;
    Output output{reader.input()};
    log_numbered(output, 0, 1000); // more than a pipe holds
    EXPECT_FALSE(output.sink->wait_until_settled(1ms));
    reader.start();
    EXPECT_TRUE(output.sink->wait_until_settled(30s));
    EXPECT_TRUE(reader.sees("999 "));
}

TEST(BufferedSink, LinesAreWrittenWithoutFlush) {
    Reader reader;
    reader.start();
    Output output{reader.input()};
    output.logger.info("one");
    EXPECT_TRUE(reader.sees("one"));
    output.logger.info("another");
    EXPECT_TRUE(reader.sees("another"));
}

TEST(BufferedSink, LinesStayWholeWhereWritesArePartial) {
    Reader reader{Reader::Kind::small_non_blocking_socket};
    reader.start();
    Output output{reader.input()};
    std::vector<std::string> expected;
    for (const std::size_t size : {20U, 4095U, 4096U, 4097U, 100U, 8192U, 50'000U, 300U, 3'000U})
        expected.push_back(numbered(expected.size(), size));
    for (const auto& line : expected) output.logger.info(line);
    EXPECT_TRUE(output.sink->wait_until_settled(30s));
    EXPECT_TRUE(reader.sees(expected.back()));
    EXPECT_EQ(reader.lines(), expected);
}

TEST(BufferedSink, LinesOfManyThreadsStayWholeAndInTheirThreadsOrder) {
    constexpr char last_thread = 'd';
    constexpr std::uint64_t each = 2000;
    Reader reader{Reader::Kind::non_blocking_pipe};
    reader.start();
    Output output{reader.input()};
    std::vector<std::thread> threads;
    for (char name = 'a'; name <= last_thread; ++name)
        threads.emplace_back([&output, name] {
            for (std::uint64_t i = 0; i < each; ++i) output.logger.info(numbered(i, 300 + i % 300, name));
        });
    for (auto& thread : threads) thread.join();
    EXPECT_TRUE(output.sink->wait_until_settled(30s));
    output.logger.warn("end");
    ASSERT_TRUE(reader.sees("end"));

    std::map<char, std::uint64_t> next;
    for (const auto& line : reader.lines()) {
        if (line == "end") continue;
        auto& number = next[line.back()];
        ASSERT_EQ(line, numbered(number, 300 + number % 300, line.back()));
        ++number;
    }
    for (char name = 'a'; name <= last_thread; ++name) EXPECT_EQ(next[name], each) << name;
}

TEST(BufferedSink, WritersOfTheSamePipeLoseNothingToEachOther) {
    constexpr std::uint64_t each = 3000;
    Reader reader{Reader::Kind::non_blocking_pipe};
    Output one{reader.input()};
    Output other{reader.input()};
    for (std::uint64_t i = 0; i < each; ++i) {
        one.logger.info(numbered(i, 1500, 'a'));
        other.logger.info(numbered(i, 1500, 'b'));
    }
    reader.start();
    EXPECT_TRUE(one.sink->wait_until_settled(30s));
    EXPECT_TRUE(other.sink->wait_until_settled(30s));
    one.logger.warn("end");
    ASSERT_TRUE(reader.sees("end"));

    std::map<char, std::uint64_t> next;
    for (const auto& line : reader.lines()) {
        if (line == "end") continue;
        ASSERT_EQ(line, numbered(next[line.back()], 1500, line.back()));
        ++next[line.back()];
    }
    EXPECT_EQ(next['a'], each);
    EXPECT_EQ(next['b'], each);
}

TEST(BufferedSink, AReaderThatIsGoneKeepsNobodyWaiting) {
    Reader reader;
    Output output{reader.input()};
    reader.close();
    log_numbered(output, 0, 10);
    EXPECT_TRUE(output.sink->wait_until_settled(30s));
}

TEST(BufferedSink, LinesThatAFullDiskRefusedAreToldOnceItHasRoom) {
    Reader reader;
    reader.start();
    const int fd = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    {
        Output output{fd};
        for (const int lines : {3, 2}) { // the second time, the line that tells of the first is refused, too
            for (int i = 0; i < lines; ++i) output.logger.info("refused");
            EXPECT_TRUE(output.sink->wait_until_settled(30s));
        }
        ASSERT_EQ(::dup3(reader.input(), fd, O_CLOEXEC), fd);
        output.logger.info("room again");
        EXPECT_TRUE(output.sink->wait_until_settled(30s));
        ASSERT_TRUE(reader.sees("dropped="));
        EXPECT_THAT(reader.lines(), ElementsAre("room again", "dropped=5"));
    }
    ::close(fd);
}

TEST(BufferedSink, TheEndWritesWhatIsPending) {
    Reader reader;
    {
        Output output{reader.input()};
        output.logger.info("last words");
    }
    reader.start();
    EXPECT_TRUE(reader.sees("last words"));
}

} // namespace
} // namespace nanomdm::log
