// Requests that two servers could read differently (request smuggling), and plain rubbish.
#include "raw_client.hpp"
#include "test_server.hpp"

#include "http/request_parser.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace nanomdm::http::test {
namespace {

using State = RequestParser::State;

/// Offers the bytes as a session does, `step` more at a time.
unsigned status_of_parsing(std::string_view bytes, std::size_t step, std::string* body = nullptr) {
    RequestParser parser{64 * 1024};
    std::string pending;
    while (parser.state() != State::complete && parser.state() != State::failed) {
        const auto before = parser.state();
        pending.erase(0, parser.feed(pending));
        if (parser.state() != before) continue;
        if (bytes.empty()) return 0;
        pending.append(bytes.substr(0, step));
        bytes.remove_prefix(std::min(step, bytes.size()));
    }
    if (body != nullptr) *body = parser.request().body;
    return parser.state() == State::complete ? 200 : parser.failure();
}

/// However the bytes are cut, the verdict is the same; a header that never ends properly may also be waited
/// for (0), until its time is up.
unsigned parsed(std::string_view bytes, std::string* body = nullptr) {
    const unsigned at_once = status_of_parsing(bytes, bytes.size(), body);
    for (const std::size_t step : {1, 7}) {
        const unsigned in_steps = status_of_parsing(bytes, step);
        EXPECT_TRUE(in_steps == at_once || (in_steps == 0 && at_once >= 400))
            << in_steps << " instead of " << at_once << ", " << step << " at a time:\n"
            << bytes;
    }
    return at_once;
}

std::string with_fields(std::string_view fields, std::string_view rest = {}) {
    return std::string{"PUT /mdm HTTP/1.1\r\nHost: t\r\n"}.append(fields).append("\r\n").append(rest);
}

TEST(Framing, TakesOrdinaryRequests) {
    std::string body;
    EXPECT_EQ(parsed(with_fields("Content-Length: 3\r\n", "abc"), &body), 200u);
    EXPECT_EQ(body, "abc");
    EXPECT_EQ(parsed(with_fields("Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\n00\r\n\r\n"), &body), 200u);
    EXPECT_EQ(body, "abc");
    EXPECT_EQ(parsed(with_fields("")), 200u);
}

TEST(Framing, RefusesLengthAndTransferEncodingTogether) {
    const std::string chunks = "0\r\n\r\n";
    EXPECT_EQ(parsed(with_fields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks)), 400u);
    EXPECT_EQ(parsed(with_fields("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks)), 400u);
}

TEST(Framing, RefusesTransferEncodingsOtherThanChunked) {
    for (const std::string coding : {"gzip", "gzip, chunked", "chunked, gzip", "xchunked", "chunked, chunked",
                                     "identity", "", "\"chunked\"", "chunked;q=1"}) {
        EXPECT_GE(parsed(with_fields("Transfer-Encoding: " + coding + "\r\n", "0\r\n\r\n")), 400u) << coding;
    }
    EXPECT_GE(
        parsed(with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        400u);
    EXPECT_EQ(parsed("PUT /mdm HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400u);
}

TEST(Framing, RefusesMoreThanOneLengthEvenIfTheyAgree) {
    EXPECT_EQ(parsed(with_fields("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd")), 400u);
    EXPECT_EQ(parsed(with_fields("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")), 400u);
    EXPECT_EQ(parsed(with_fields("Content-Length: 3, 3\r\n", "abc")), 400u);
}

TEST(Framing, RefusesLengthsThatAreNotPlainDecimals) {
    for (const std::string length : {"+3", "-3", "0x3", "3 3", "3.0", "", " ", "three", "3;",
                                     "18446744073709551616", "99999999999999999999999999"}) {
        EXPECT_EQ(parsed(with_fields("Content-Length: " + length + "\r\n", "abc")), 400u) << length;
    }
}

TEST(Framing, RefusesBadChunkSizes) {
    for (const std::string chunks :
         {"3\nabc\r\n0\r\n\r\n", "x\r\nabc\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n",
          "3 \r\nabc\r\n0\r\n\r\n", "\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\r\nabc0\r\n\r\n\r\n",
          "10000000000000003\r\nabc\r\n0\r\n\r\n", "3\rabc\r\n0\r\n\r\n"}) {
        EXPECT_EQ(parsed(with_fields("Transfer-Encoding: chunked\r\n", chunks)), 400u) << chunks;
    }
}

TEST(Framing, RefusesBareLineFeedsAndCarriageReturns) {
    EXPECT_GE(parsed("PUT /mdm HTTP/1.1\nHost: t\n\n"), 400u);
    EXPECT_EQ(parsed("PUT /mdm HTTP/1.1\r\nHost: t\nX: y\r\n\r\n"), 400u);
    EXPECT_EQ(parsed("PUT /mdm HTTP/1.1\r\nHost: t\r\nX: a\rb\r\n\r\n"), 400u);
    EXPECT_EQ(parsed("PUT /mdm HTTP/1.1\r\nHost: t\r\nX: a\r\n\n\r\n"), 400u);
}

TEST(Framing, RefusesFoldedLines) {
    EXPECT_EQ(parsed(with_fields("X: a\r\n b\r\n")), 400u);
    EXPECT_EQ(parsed(with_fields("X:\r\n b\r\n")), 400u);
    EXPECT_EQ(parsed(with_fields("Content-Length:\r\n 3\r\n", "abc")), 400u);
    EXPECT_EQ(parsed("PUT /mdm HTTP/1.1\r\n Content-Length: 3\r\nHost: t\r\n\r\nabc"), 400u);
}

TEST(Framing, RefusesMalformedFields) {
    for (const std::string field : {"Content-Length : 3", "No colon", ": no name", "Na me: x", "X: \x01",
                                    "X: \x7f", "X\x80: y", "X(): y"}) {
        EXPECT_EQ(parsed(with_fields(field + "\r\n", "abc")), 400u) << field;
    }
    EXPECT_EQ(parsed(with_fields(std::string{"X: a\0b\r\n", 8})), 400u);
}

TEST(Framing, AsksForExactlyOneHost) {
    EXPECT_EQ(parsed("PUT /mdm HTTP/1.1\r\n\r\n"), 400u);
    EXPECT_EQ(parsed("PUT /mdm HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400u);
    EXPECT_EQ(parsed("PUT /mdm HTTP/1.0\r\n\r\n"), 200u);
}

TEST(Framing, RefusesOtherVersionsAndRequestLines) {
    EXPECT_EQ(parsed("PUT /mdm HTTP/2.0\r\nHost: t\r\n\r\n"), 505u);
    EXPECT_EQ(parsed("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505u);
    for (const std::string line :
         {"PUT /mdm", "PUT  /mdm HTTP/1.1", "PUT /m dm HTTP/1.1", " PUT /mdm HTTP/1.1",
          "P\x01T /mdm HTTP/1.1", "PUT mdm HTTP/1.1", "PUT /mdm HTTP/1.1 "}) {
        EXPECT_GE(parsed(line + "\r\nHost: t\r\n\r\n"), 400u) << line;
    }
    EXPECT_EQ(parsed("\x16\x03\x01\x02\x01\x01\xfc\x03\x03"), 400u) << "a TLS client on a plain port";
}

TEST(Framing, BoundsHeaderChunkLinesAndTrailers) {
    const std::string long_value(70'000, 'x');
    EXPECT_EQ(parsed(with_fields("X: " + long_value + "\r\n")), 431u);
    EXPECT_EQ(parsed("PUT /" + long_value + " HTTP/1.1\r\nHost: t\r\n\r\n"), 431u);
    std::string many;
    for (int i = 0; i < 300; ++i) many += "X: y\r\n";
    EXPECT_EQ(parsed(with_fields(many)), 431u);
    std::string big;
    for (int i = 0; i < 100; ++i) big += "X: " + std::string(700, 'x') + "\r\n";
    EXPECT_EQ(parsed(with_fields(big)), 431u);
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    EXPECT_EQ(parsed(with_fields(chunked, "1;" + long_value)), 400u);
    EXPECT_EQ(parsed(with_fields(chunked, "1\r\na\r\n0\r\nX: " + long_value)), 400u);
}

TEST(Framing, TakesAHeaderOfAlmostTheLimit) {
    std::string fields;
    for (int i = 0; i < 60; ++i) fields += "X: " + std::string(1000, 'x') + "\r\n";
    EXPECT_EQ(parsed(with_fields(fields)), 200u);
}

TEST(Framing, AnswersMalformedRequestsAndCloses) {
    TestServer server;
    for (const std::string& request :
         {with_fields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
          std::string{"nonsense\r\n\r\n"}, with_fields("Content-Length: x\r\n")}) {
        RawClient client{server.address()};
        client.send(request + put("/echo", "smuggled"));
        const auto response = client.response();
        EXPECT_EQ(response.status, 400u);
        EXPECT_EQ(response.body, "Bad Request\n");
        EXPECT_EQ(response.headers.at("connection"), "close");
        EXPECT_TRUE(client.closed());
    }
    EXPECT_EQ(server.echoes(), 0u);
}

/// Valid requests with a few bytes changed reach deeper than noise does.
std::string mutated(std::string text, std::mt19937& random) {
    static constexpr std::string_view interesting{"\r\n\0 :;,0aF\x80\xff\t/", 15};
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    for (std::size_t changes = 1 + below(6); changes > 0 && !text.empty(); --changes) {
        const auto at = below(text.size());
        switch (below(4)) {
        case 0:
            text[at] = static_cast<char>(random());
            break;
        case 1:
            text[at] = interesting[below(interesting.size())];
            break;
        case 2:
            text.erase(at, 1 + below(4));
            break;
        default:
            text.insert(at, text.substr(below(text.size()), below(20)));
        }
    }
    return text;
}

TEST(Framing, SurvivesMutatedRequests) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{2};
    const std::vector<std::string> seeds{
        with_fields("Content-Length: 10\r\nMdm-Signature: AAAA\r\n", "0123456789"),
        with_fields("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n5;x=\"y\"\r\nfghij\r\n0\r\nT: v\r\n\r\n"),
        "GET http://h/p?q HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"};
    std::mt19937 random{std::random_device{}()};
    for (std::size_t i = 0; i < 200'000 && std::chrono::steady_clock::now() < end; ++i) {
        const auto text = mutated(seeds[i % seeds.size()], random);
        std::string whole;
        std::string pieces;
        const auto at_once = status_of_parsing(text, text.size(), &whole);
        const auto in_steps = status_of_parsing(text, 1 + random() % 9, &pieces);
        if (at_once == 200 || in_steps == 200) {
            ASSERT_EQ(at_once, in_steps) << text;
            ASSERT_EQ(whole, pieces) << text;
        }
    }
}

TEST(Framing, ServesOthersWhileRandomBytesArrive) {
    ServerOptions options;
    options.limits.header_time = options.limits.body_time = std::chrono::milliseconds{200};
    TestServer server{{.server = options}};
    std::mt19937 random{std::random_device{}()};
    const auto seed = with_fields("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{2};
    for (int i = 0; i < 500 && std::chrono::steady_clock::now() < end; ++i) {
        RawClient client{server.address()};
        std::string noise(1 + random() % 3000, '\0');
        for (char& c : noise) c = static_cast<char>(random());
        client.try_send(i % 2 == 0 ? noise : mutated(seed, random));
    }
    EXPECT_EQ(ask(server.address(), put("/echo", "sound")).body, "sound");
    EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
}

} // namespace
} // namespace nanomdm::http::test
