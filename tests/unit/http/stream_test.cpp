// Streams, how their answers are framed, and which fields stay behind: no sockets.
#include "http/hop_by_hop.hpp"
#include "http/stream_writer.hpp"
#include "support/stream_peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

using test::Doorbell;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto capacity = Stream::capacity;

TEST(Stream, TakesNoMoreOfAnAnswerThanItsCapacityAndAPiece) {
    auto [asker, wake_asker] = Doorbell::make();
    auto [answerer, wake_answerer] = Doorbell::make();
    Stream stream{wake_asker};
    stream.attend(wake_answerer);
    stream.begin({});
    const std::string piece(capacity / 4, 'x');
    int taken = 0;
    while (stream.write(piece)) ++taken;
    EXPECT_EQ(taken, 4);
    EXPECT_EQ(answerer->rings(), 0);
    std::string into;
    EXPECT_TRUE(stream.collect(into).head);
    EXPECT_EQ(into.size(), capacity);
    EXPECT_EQ(answerer->rings(), 1) << "there is room again";
    EXPECT_TRUE(stream.write(piece));
}

TEST(Stream, WantsNoBodyBeforeItIsAskedFor) {
    auto [asker, wake] = Doorbell::make();
    Stream stream{wake};
    EXPECT_FALSE(stream.wants_body());
    char piece[8];
    EXPECT_EQ(stream.take(piece, sizeof piece).bytes, 0U);
    EXPECT_EQ(asker->rings(), 1);
    EXPECT_TRUE(stream.wants_body());
    std::string much(capacity, 'x');
    stream.offer(much);
    EXPECT_TRUE(much.empty());
    EXPECT_FALSE(stream.wants_body()) << "full";
    EXPECT_EQ(stream.take(piece, sizeof piece).bytes, 8U);
    EXPECT_EQ(asker->rings(), 2);
    EXPECT_TRUE(stream.wants_body());
}

TEST(Stream, KeepsTheBodysBytesInOrder) {
    auto [asker, wake] = Doorbell::make();
    Stream stream{wake};
    std::string taken;
    char piece[5];
    for (int i = 0; i < 100; ++i) {
        std::string more = "<" + std::to_string(i) + ">";
        stream.offer(more);
        taken.append(piece, stream.take(piece, 3).bytes);
    }
    stream.end_body();
    Stream::Taken last;
    while (!(last = stream.take(piece, sizeof piece)).at_end) taken.append(piece, last.bytes);
    taken.append(piece, last.bytes);
    std::string expected;
    for (int i = 0; i < 100; ++i) expected += "<" + std::to_string(i) + ">";
    EXPECT_EQ(taken, expected);
    EXPECT_FALSE(stream.wants_body());
}

TEST(Stream, TellsTheAnswererThatTheClientHasGoneAlsoWhenItComesLate) {
    auto [asker, wake_asker] = Doorbell::make();
    auto [answerer, wake_answerer] = Doorbell::make();
    Stream stream{wake_asker};
    stream.abandon();
    stream.attend(wake_answerer);
    EXPECT_EQ(answerer->rings(), 1);
    EXPECT_TRUE(stream.abandoned());
    stream.fail(502);
    EXPECT_EQ(asker->rings(), 0) << "it is not interested any more";
}

TEST(Stream, EndsOnce) {
    auto [asker, wake] = Doorbell::make();
    Stream stream{wake};
    stream.finish();
    stream.fail(502);
    std::string into;
    EXPECT_EQ(stream.collect(into).state, Stream::State::finished);
}

/// All bytes that a writer makes of what is in the stream now.
std::string written(StreamWriter& writer) {
    writer.fill(true);
    const auto [prefix, piece] = writer.pending();
    auto bytes = std::string{prefix} + std::string{piece};
    writer.sent(bytes.size());
    EXPECT_TRUE(writer.is_empty());
    return bytes;
}

class StreamWriterTest : public testing::Test {
protected:
    Stream stream_{[] {}};
};

TEST_F(StreamWriterTest, ABodyOfKnownLengthGoesAsItIs) {
    StreamWriter writer{stream_, false, false};
    EXPECT_EQ(written(writer), "");
    stream_.begin({.status = 206, .headers = {}, .length = 5});
    EXPECT_TRUE(stream_.write("ab"));
    EXPECT_THAT(written(writer), AllOf(StartsWith("HTTP/1.1 206 Partial Content\r\n"),
                                       HasSubstr("\r\nContent-Length: 5\r\n"), EndsWith("\r\n\r\nab"),
                                       Not(HasSubstr("Transfer-Encoding")), Not(HasSubstr("Connection"))));
    EXPECT_TRUE(stream_.write("cde"));
    stream_.finish();
    EXPECT_EQ(written(writer), "cde");
    EXPECT_TRUE(writer.is_whole());
    EXPECT_TRUE(writer.stays());
    EXPECT_EQ(writer.body_bytes(), 5U);
}

TEST_F(StreamWriterTest, ABodyOfUnknownLengthIsChunked) {
    StreamWriter writer{stream_, false, false};
    stream_.begin({});
    EXPECT_TRUE(stream_.write("0123456789abcdef"));
    EXPECT_THAT(written(writer),
                AllOf(HasSubstr("Transfer-Encoding: chunked\r\n"), Not(HasSubstr("Content-Length")),
                      EndsWith("\r\n\r\n10\r\n0123456789abcdef\r\n")));
    EXPECT_EQ(written(writer), "");
    EXPECT_TRUE(stream_.write("g"));
    stream_.finish();
    EXPECT_EQ(written(writer), "1\r\ng\r\n0\r\n\r\n");
    EXPECT_TRUE(writer.is_whole());
}

TEST_F(StreamWriterTest, WhatBreaksOffGetsNoEnd) {
    StreamWriter writer{stream_, false, false};
    stream_.begin({});
    EXPECT_TRUE(stream_.write("half"));
    stream_.fail(502);
    EXPECT_THAT(written(writer), EndsWith("4\r\nhalf\r\n"));
    EXPECT_TRUE(writer.is_over());
    EXPECT_FALSE(writer.is_whole());
}

TEST_F(StreamWriterTest, ABodyShorterThanPromisedIsNotWholeAndALongerOneIsCut) {
    StreamWriter writer{stream_, false, false};
    stream_.begin({.status = 200, .headers = {}, .length = 5});
    stream_.finish();
    (void)written(writer);
    EXPECT_FALSE(writer.is_whole());

    Stream longer{[] {}};
    StreamWriter cutting{longer, false, false};
    longer.begin({.status = 200, .headers = {}, .length = 2});
    EXPECT_TRUE(longer.write("abc"));
    longer.finish();
    EXPECT_THAT(written(cutting), EndsWith("\r\n\r\nab"));
}

TEST_F(StreamWriterTest, AnswersToHeadAndBodylessStatusesHaveNoBody) {
    for (const auto& [status, head_request] : {std::pair{200U, true}, {204U, false}, {304U, false}}) {
        Stream stream{[] {}};
        StreamWriter writer{stream, head_request, false};
        stream.begin({.status = status, .headers = {}, .length = 7});
        EXPECT_TRUE(stream.write("unexpected"));
        stream.finish();
        const auto bytes = written(writer);
        EXPECT_THAT(bytes, AllOf(EndsWith("\r\n\r\n"), Not(HasSubstr("Transfer-Encoding"))));
        EXPECT_EQ(bytes.find("Content-Length: 7") != std::string::npos, status != 204) << status;
        EXPECT_TRUE(writer.is_whole());
    }
}

TEST_F(StreamWriterTest, AnOldClientGetsTheConnectionsEndInPlaceOfChunks) {
    StreamWriter writer{stream_, false, true};
    stream_.begin({});
    EXPECT_TRUE(stream_.write("abc"));
    stream_.finish();
    EXPECT_THAT(written(writer), AllOf(HasSubstr("\r\nConnection: close\r\n"), EndsWith("\r\n\r\nabc"),
                                       Not(HasSubstr("chunked"))));
    EXPECT_TRUE(writer.ends_with_connection());
    EXPECT_FALSE(writer.stays());
}

TEST_F(StreamWriterTest, FieldsThatWouldBreakTheFramingAreLeftOut) {
    StreamWriter writer{stream_, false, false};
    Headers headers;
    headers.add("Content-Length", "99");
    headers.add("Transfer-Encoding", "gzip");
    headers.add("Date", "yesterday");
    headers.add("X-Split", "a\r\nb");
    headers.add("Set-Cookie", "a");
    stream_.begin({.status = 200, .headers = headers, .length = 0});
    stream_.finish();
    const auto head = written(writer);
    EXPECT_THAT(head, AllOf(HasSubstr("Content-Length: 0\r\n"), HasSubstr("Set-Cookie: a\r\n"),
                            HasSubstr("Date: yesterday\r\n"), Not(HasSubstr("99")), Not(HasSubstr("gzip")),
                            Not(HasSubstr("X-Split"))));
    EXPECT_EQ(head.find("Date"), head.rfind("Date")) << "no second one";
}

TEST_F(StreamWriterTest, AFailureBeforeTheHeadIsTheSessionsToAnswer) {
    StreamWriter writer{stream_, false, false};
    stream_.fail(502);
    EXPECT_EQ(written(writer), "");
    EXPECT_TRUE(writer.is_over());
    EXPECT_FALSE(writer.has_begun());
    EXPECT_EQ(writer.failure(), 502U);
}

TEST(HopByHop, EndsTheConnectionsFieldsAndThoseItNames) {
    Headers headers;
    for (const char* name : {"connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate",
                             "Proxy-Authorization", "TE", "trailer", "Transfer-Encoding", "Upgrade",
                             "Content-Length", "X-One", "x-two", "X-Three", "Cache-Control", "ETag"})
        headers.add(name, "connection" == std::string_view{name} ? "close, X-One ,, x-TWO" : "v");
    headers.add("Connection", "x-three");
    headers.add("Set-Cookie", "1");
    headers.add("Set-Cookie", "2");
    std::vector<std::string> kept;
    for (const auto& [name, value] : end_to_end(headers)) kept.push_back(name);
    EXPECT_THAT(kept, testing::ElementsAre("Cache-Control", "ETag", "Set-Cookie", "Set-Cookie"));
}

} // namespace
} // namespace nanomdm::http
