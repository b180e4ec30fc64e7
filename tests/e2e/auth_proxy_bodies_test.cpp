// Bodies of any size through the authentication proxy, in constant memory.
#include "e2e/auth_proxy_scene.hpp"
#include "support/process/process_usage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace nanomdm::test {
namespace {

using testing::Optional;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t large = 256ull << 20;
constexpr std::uint64_t bounded = 220ull << 20; // freed memory is kept back there
#else
constexpr std::uint64_t large = 1ull << 30;
constexpr std::uint64_t bounded = 20ull << 20;
#endif

/// How much more memory the server ever had than when this was made.
class Growth {
public:
    explicit Growth(ProxyScene& scene)
        : pid_{scene.scene().server().process().pid()}, before_{peak_resident_bytes(pid_)} {}
    [[nodiscard]] std::uint64_t bytes() const { return peak_resident_bytes(pid_) - before_; }

private:
    pid_t pid_;
    std::uint64_t before_;
};

bool send_pattern(Wire& wire, std::uint64_t bytes, bool chunked) {
    for (std::uint64_t sent = 0; sent < bytes;) {
        const auto piece = Pattern::at(sent).substr(
            0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes - sent, 1024 * 1024)));
        if (!(chunked ? wire.send_chunk(piece) : wire.send(piece))) return false;
        sent += piece.size();
    }
    return !chunked || wire.send("0\r\n\r\n");
}

/// @return how many bytes of the pattern the body is; nullopt when it is something else, or breaks off.
std::optional<std::uint64_t> pattern_length(Wire& wire) {
    std::vector<char> piece(1024 * 1024);
    std::uint64_t length = 0;
    while (const auto count = wire.read_body(piece.data(), piece.size())) {
        if (!Pattern::matches(length, {piece.data(), count})) return std::nullopt;
        length += count;
    }
    return wire.body_is_whole() ? std::optional{length} : std::nullopt;
}

bool send_answer(Wire& wire, std::uint64_t bytes, bool chunked) {
    const std::string framing =
        chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + std::to_string(bytes);
    return wire.send("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n") && send_pattern(wire, bytes, chunked);
}

/// Answers with the length of the pattern received.
bool measure(Wire& wire, const WireHead&) {
    const auto length = pattern_length(wire);
    const auto text = length ? std::to_string(*length) : "broken";
    return wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text);
}

TEST(AuthProxyBodies, AnAnswerMayHaveAnySize) {
    ProxyScene scene{[](Wire& wire, const WireHead& head) {
        return send_answer(wire, large, head.target() == "/repo/chunked");
    }};
    const Growth growth{scene};
    auto wire = scene.connect();
    wire.send(scene.head("GET", "chunked"));
    EXPECT_THAT(wire.head().field("transfer-encoding"), Optional(std::string{"chunked"}));
    EXPECT_THAT(pattern_length(wire), Optional(large));
    wire.send(scene.head("GET", "known"));
    EXPECT_THAT(wire.head().field("content-length"), Optional(std::to_string(large)));
    EXPECT_THAT(pattern_length(wire), Optional(large));
    EXPECT_LT(growth.bytes(), bounded);
}

TEST(AuthProxyBodies, ARequestsBodyMayHaveAnySizeInHeaderMode) {
    ProxyScene scene{measure};
    const Growth growth{scene};
    auto wire = scene.connect();
    wire.send(scene.head("PUT", "known", "Content-Length: " + std::to_string(large) + "\r\n"));
    ASSERT_TRUE(send_pattern(wire, large, false));
    EXPECT_EQ(wire.head().status(), 200);
    EXPECT_EQ(wire.body(), std::to_string(large));
    wire.send(scene.head("POST", "chunked", "Transfer-Encoding: chunked\r\n"));
    ASSERT_TRUE(send_pattern(wire, large, true));
    EXPECT_EQ(wire.head().status(), 200);
    EXPECT_EQ(wire.body(), std::to_string(large));
    EXPECT_LT(growth.bytes(), bounded);
    const auto asked = scene.visitors().heads();
    EXPECT_EQ(asked.at(0).method(), "PUT");
    EXPECT_THAT(asked.at(0).field("content-length"), Optional(std::to_string(large)));
    EXPECT_EQ(asked.at(1).method(), "POST");
    EXPECT_THAT(asked.at(1).field("transfer-encoding"), Optional(std::string{"chunked"}));
    EXPECT_FALSE(asked.at(1).field("expect"));
}

TEST(AuthProxyBodies, ASlowReaderCostsNoMemory) {
    constexpr std::uint64_t body = 64ull << 20;
    std::atomic<std::uint64_t> sent{0};
    ProxyScene scene{[&](Wire& wire, const WireHead&) {
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n");
        while (sent < body) {
            const auto piece = Pattern::at(sent).substr(0, 64 * 1024);
            if (!wire.send(piece)) return false;
            sent += piece.size();
        }
        return true;
    }};
    const Growth growth{scene};
    auto wire = scene.connect();
    wire.shrink_receive_buffer(64 * 1024);
    wire.send(scene.head("GET", "x"));
    EXPECT_EQ(wire.head().status(), 200);
    // Whoever asks meanwhile is answered: the reader holds up nobody.
    auto other = scene.connect();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(scene.device().report("Idle").status, 200);
    EXPECT_LT(sent, body) << "where would it all be?";
    EXPECT_THAT(pattern_length(wire), Optional(body));
    EXPECT_LT(growth.bytes(), bounded);
}

TEST(AuthProxyBodies, BothDirectionsGoOnAtOnce) {
    ProxyScene scene{[](Wire& wire, const WireHead&) { // an echo, byte by byte
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        char piece[4096];
        while (const auto count = wire.read_body(piece, sizeof piece)) wire.send_chunk({piece, count});
        return wire.send("0\r\n\r\n");
    }};
    auto wire = scene.connect();
    wire.send(scene.head("POST", "echo", "Transfer-Encoding: chunked\r\n"));
    wire.send_chunk("first");
    EXPECT_EQ(wire.head().status(), 200) << "before the body has ended";
    char piece[64];
    std::string heard;
    while (heard.size() < 5) heard.append(piece, wire.read_body(piece, sizeof piece));
    EXPECT_EQ(heard, "first");
    wire.send_chunk("second");
    wire.send("0\r\n\r\n");
    EXPECT_EQ(wire.body(), "second");
}

TEST(AuthProxyBodies, AnAnswerBeginsAtOnce) {
    std::atomic<bool> go_on{false};
    ProxyScene scene{[&](Wire& wire, const WireHead&) {
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        wire.send_chunk("now");
        while (!go_on) {
            if (wire.closes_within(std::chrono::milliseconds{10})) return false;
        }
        return wire.send("0\r\n\r\n");
    }};
    auto wire = scene.connect();
    wire.send(scene.head("GET", "x"));
    EXPECT_EQ(wire.head().status(), 200);
    char piece[64];
    EXPECT_EQ(std::string_view(piece, wire.read_body(piece, sizeof piece)), "now");
    go_on = true;
    EXPECT_EQ(wire.body(), "");
}

TEST(AuthProxyBodies, AClientThatAsksFirstIsToldToContinue) {
    ProxyScene scene{[](Wire& wire, const WireHead& head) {
        if (head.target() == "/repo/refused")
            return wire.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n") && false;
        if (head.field("expect")) wire.send("HTTP/1.1 100 Continue\r\n\r\n");
        return measure(wire, head);
    }};
    const std::string expects = "Expect: 100-continue\r\nContent-Length: 1000000\r\n";
    auto wire = scene.connect();
    wire.send(scene.head("PUT", "x", expects));
    EXPECT_EQ(wire.head().status(), 100);
    send_pattern(wire, 1'000'000, false);
    EXPECT_EQ(wire.head().status(), 200);
    EXPECT_EQ(wire.body(), "1000000");

    wire.send(scene.head("PUT", "refused", expects));
    EXPECT_EQ(wire.head().status(), 413) << "what the other server thinks of it, before the body is sent";

    const auto stranger = scene.scene().device("STRANGER");
    auto unknown = scene.connect();
    unknown.send(head_of(stranger, "PUT", "x", expects));
    EXPECT_EQ(unknown.head().status(), 400);
    EXPECT_EQ(scene.visitors().count(), 2U);
}

TEST(AuthProxyBodies, AnOldClientGetsABodyThatEndsWithTheConnection) {
    ProxyScene scene{[](Wire& wire, const WireHead&) { return send_answer(wire, 300'000, true); }};
    auto wire = scene.connect();
    auto head = scene.head("GET", "x");
    head.replace(head.find("HTTP/1.1"), 8, "HTTP/1.0");
    wire.send(head);
    const auto answer = wire.head();
    EXPECT_FALSE(answer.field("transfer-encoding"));
    EXPECT_THAT(answer.field("connection"), Optional(std::string{"close"}));
    EXPECT_THAT(pattern_length(wire), Optional(std::uint64_t{300'000}));
}

} // namespace
} // namespace nanomdm::test
