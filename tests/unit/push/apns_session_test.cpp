// The protocol machine against an nghttp2 server session in memory: no sockets, and a clock of its own.
#include "push/apns_session.hpp"

#include "push/batch.hpp"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>

namespace nanomdm::push {
namespace {

using namespace std::chrono_literals;

/// The peer: records requests, answers when told.
class Peer {
public:
    explicit Peer(std::optional<std::uint32_t> max_streams) {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
        nghttp2_session_server_new(&session, callbacks, this);
        nghttp2_session_callbacks_del(callbacks);
        nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0);
        if (max_streams) limit(*max_streams);
    }
    ~Peer() { nghttp2_session_del(session); }

    void limit(std::uint32_t streams) {
        const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams};
        nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &entry, 1);
    }
    void answer(std::int32_t stream, const char* status) {
        const std::array<nghttp2_nv, 1> fields{
            {{reinterpret_cast<std::uint8_t*>(const_cast<char*>(":status")),
              reinterpret_cast<std::uint8_t*>(const_cast<char*>(status)), 7, 3, NGHTTP2_NV_FLAG_NONE}}};
        nghttp2_submit_response(session, stream, fields.data(), fields.size(), nullptr);
    }
    void goaway(std::int32_t last, const std::string& data) {
        nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR,
                              reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        auto& self = *static_cast<Peer*>(user);
        if (frame->hd.type == NGHTTP2_PING) ++self.pings;
        if (frame->hd.type == NGHTTP2_GOAWAY) self.parted = true;
        const bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        if (end && (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS))
            self.requests.insert(frame->hd.stream_id);
        return 0;
    }
    static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* user) {
        static_cast<Peer*>(user)->closed[stream] = code;
        return 0;
    }

    nghttp2_session* session = nullptr;
    std::set<std::int32_t> requests;
    std::map<std::int32_t, std::uint32_t> closed;
    int pings = 0;
    bool parted = false;
};

class ApnsSessionTest : public testing::Test {
protected:
    void start(std::optional<std::uint32_t> max_streams = 10) {
        peer = std::make_unique<Peer>(max_streams);
        session = std::make_unique<ApnsSession>("api.push.apple.com", limits, now);
        exchange();
    }

    void to_peer() {
        std::string out;
        session->output(out, 1 << 20);
        if (out.empty()) return;
        const auto taken = nghttp2_session_mem_recv(
            peer->session, reinterpret_cast<const std::uint8_t*>(out.data()), out.size());
        ASSERT_EQ(taken, static_cast<ssize_t>(out.size()));
    }
    bool to_session() {
        for (;;) {
            const std::uint8_t* chunk = nullptr;
            const auto size = nghttp2_session_mem_send(peer->session, &chunk);
            if (size <= 0) return true;
            if (!session->receive({reinterpret_cast<const char*>(chunk), static_cast<std::size_t>(size)},
                                  now))
                return false;
        }
    }
    /// Carries bytes both ways until neither side has any.
    void exchange() {
        for (int i = 0; i < 4; ++i) {
            to_peer();
            to_session();
        }
    }
    ApnsSession::Stream* submit() {
        auto& delivery = deliveries.emplace_back();
        numbers[&delivery] = static_cast<int>(deliveries.size()) - 1;
        return session->submit(info, "1700000000", &delivery, now);
    }
    void submit(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) ASSERT_NE(submit(), nullptr);
    }
    /// The fates of deliveries, by number.
    std::map<int, Fate> fates() {
        std::map<int, Fate> result;
        for (const auto& outcome : session->take_outcomes()) {
            EXPECT_TRUE(result.emplace(numbers.at(outcome.delivery), outcome.fate).second) << "ended twice";
        }
        return result;
    }

    SessionLimits limits;
    Clock::time_point now{1h};
    PushInfo info{Topic{"topic"}, PushMagic{"magic"}, PushToken{"token"}};
    std::unique_ptr<Peer> peer;
    std::deque<Delivery> deliveries;
    std::map<const Delivery*, int> numbers; ///< in the order submitted, from 0
    std::unique_ptr<ApnsSession> session;
};

TEST_F(ApnsSessionTest, NothingMayBeSentBeforeThePeersSettings) {
    session = std::make_unique<ApnsSession>("a", limits, now);
    EXPECT_EQ(session->capacity(), 0U);
    EXPECT_FALSE(session->draining());
}

TEST_F(ApnsSessionTest, ThePeersLimitIsTheCapacity) {
    start(10);
    EXPECT_EQ(session->capacity(), 10U);
    submit(4);
    EXPECT_EQ(session->capacity(), 6U);
    exchange();
    EXPECT_EQ(peer->requests.size(), 4U);
    peer->answer(1, "200");
    exchange();
    EXPECT_EQ(session->capacity(), 7U);
    EXPECT_EQ(fates(), (std::map<int, Fate>{{0, Fate::answered}}));
}

TEST_F(ApnsSessionTest, APeerWithoutLimitMeetsOurOwn) {
    limits.streams = 77;
    start(std::nullopt);
    EXPECT_EQ(session->capacity(), 77U);
}

TEST_F(ApnsSessionTest, ALoweredLimitIsObeyedLive) {
    start(10);
    submit(5);
    exchange();
    peer->limit(1);
    exchange();
    EXPECT_EQ(session->capacity(), 0U);
    for (const std::int32_t id : {1, 3, 5, 7}) peer->answer(id, "200");
    exchange();
    EXPECT_EQ(session->capacity(), 0U); // one is still open
    peer->answer(9, "200");
    exchange();
    EXPECT_EQ(session->capacity(), 1U);
    peer->limit(3);
    exchange();
    EXPECT_EQ(session->capacity(), 3U);
}

TEST_F(ApnsSessionTest, RequestsQueuedWhileTheLimitFellWaitForTheirTurn) {
    start(10);
    submit(3);
    peer->limit(1);
    to_session(); // the SETTINGS overtake the requests
    exchange();
    EXPECT_EQ(peer->requests.size(), 1U);
    peer->answer(1, "200");
    exchange();
    EXPECT_EQ(peer->requests.size(), 2U);
    peer->answer(3, "200");
    exchange();
    peer->answer(5, "200");
    exchange();
    EXPECT_EQ(fates().size(), 3U);
}

TEST_F(ApnsSessionTest, AGoawayRefusesTheStreamsAboveItsLastId) {
    start(10);
    submit(4);
    exchange();
    peer->goaway(3, R"({"reason":"Shutdown"})");
    to_session();
    EXPECT_EQ(fates(), (std::map<int, Fate>{{2, Fate::refused}, {3, Fate::refused}}));
    ASSERT_TRUE(session->goaway());
    EXPECT_EQ(session->goaway()->reason, "Shutdown");
    EXPECT_TRUE(session->draining());
    EXPECT_EQ(session->capacity(), 0U);
    EXPECT_FALSE(session->empty());
    peer->answer(1, "200");
    peer->answer(3, "410");
    exchange();
    EXPECT_EQ(fates(), (std::map<int, Fate>{{0, Fate::answered}, {1, Fate::answered}}));
    EXPECT_TRUE(session->empty());
}

TEST_F(ApnsSessionTest, AGoawayRefusesRequestsThatHadNotLeft) {
    start(10);
    submit(2);
    peer->goaway(0, "");
    to_session();
    exchange();
    EXPECT_EQ(fates(), (std::map<int, Fate>{{0, Fate::refused}, {1, Fate::refused}}));
    EXPECT_TRUE(session->empty());
    EXPECT_TRUE(peer->requests.empty());
}

TEST_F(ApnsSessionTest, AGoawayNoticeLetsEverythingOpenFinish) {
    start(10);
    submit(2);
    exchange();
    nghttp2_submit_shutdown_notice(peer->session); // last id 2^31 - 1
    to_session();
    EXPECT_TRUE(session->draining());
    EXPECT_TRUE(fates().empty());
}

TEST_F(ApnsSessionTest, ResetsAreRefusedOrLost) {
    start(10);
    submit(3);
    exchange();
    nghttp2_submit_rst_stream(peer->session, NGHTTP2_FLAG_NONE, 1, NGHTTP2_REFUSED_STREAM);
    nghttp2_submit_rst_stream(peer->session, NGHTTP2_FLAG_NONE, 3, NGHTTP2_INTERNAL_ERROR);
    nghttp2_submit_rst_stream(peer->session, NGHTTP2_FLAG_NONE, 5, NGHTTP2_NO_ERROR);
    exchange();
    EXPECT_EQ(fates(), (std::map<int, Fate>{{0, Fate::refused}, {1, Fate::lost}, {2, Fate::lost}}));
    EXPECT_EQ(session->capacity(), 10U);
}

TEST_F(ApnsSessionTest, ACancelledStreamHasNoOutcomeAndFreesItsPlace) {
    start(2);
    auto* sent = submit();
    exchange();
    auto* unsent = submit();
    session->cancel(sent);
    session->cancel(unsent);
    exchange();
    EXPECT_TRUE(fates().empty());
    EXPECT_EQ(session->capacity(), 2U);
    EXPECT_EQ(peer->closed[1], static_cast<std::uint32_t>(NGHTTP2_CANCEL));
    EXPECT_FALSE(peer->requests.contains(3));
    submit(1); // and the session goes on
    exchange();
    peer->answer(5, "200");
    exchange();
    EXPECT_EQ(fates(), (std::map<int, Fate>{{2, Fate::answered}}));
}

TEST_F(ApnsSessionTest, WithoutFurtherStreamIdsItDrains) {
    limits.first_stream = 0x7fffffff - 2;
    start(10);
    EXPECT_FALSE(session->draining());
    submit(2);
    EXPECT_TRUE(session->draining());
    EXPECT_EQ(session->capacity(), 0U);
    exchange();
    peer->answer(0x7fffffff - 2, "200");
    peer->answer(0x7fffffff, "200");
    exchange();
    EXPECT_EQ(fates().size(), 2U);
    EXPECT_TRUE(session->empty());
}

TEST_F(ApnsSessionTest, DrainingTakesNothingNewAndFinishesTheRest) {
    start(10);
    submit(1);
    exchange();
    session->drain();
    EXPECT_EQ(session->capacity(), 0U);
    peer->answer(1, "200");
    exchange();
    EXPECT_EQ(fates().size(), 1U);
    session->terminate();
    exchange();
    EXPECT_TRUE(peer->parted);
}

TEST_F(ApnsSessionTest, SilenceWithOpenStreamsAsksByPing) {
    start(10);
    EXPECT_EQ(session->next_tick(), std::nullopt); // idle: no PINGs
    submit(1);
    exchange();
    ASSERT_EQ(session->next_tick(), now + limits.quiet);
    now += limits.quiet - 1ms;
    EXPECT_TRUE(session->tick(now));
    to_peer();
    EXPECT_EQ(peer->pings, 0);
    now += 1ms;
    EXPECT_TRUE(session->tick(now));
    to_peer();
    EXPECT_EQ(peer->pings, 1);
    exchange(); // answered
    EXPECT_EQ(session->next_tick(), now + limits.quiet);
    EXPECT_TRUE(session->tick(now + limits.ping_deadline));
}

TEST_F(ApnsSessionTest, AnUnansweredPingIsTheEnd) {
    start(10);
    submit(1);
    exchange();
    now += limits.quiet;
    EXPECT_TRUE(session->tick(now));
    EXPECT_EQ(session->next_tick(), now + limits.ping_deadline);
    EXPECT_TRUE(session->tick(now + limits.ping_deadline - 1ms));
    EXPECT_FALSE(session->tick(now + limits.ping_deadline));
    session->abandon();
    EXPECT_EQ(fates(), (std::map<int, Fate>{{0, Fate::lost}}));
}

TEST_F(ApnsSessionTest, AfterLongIdlenessARequestBringsAPing) {
    start(10);
    now += limits.idle_trust + 1ms;
    submit(2);
    to_peer();
    EXPECT_EQ(peer->pings, 1);
    EXPECT_EQ(peer->requests.size(), 2U);
}

TEST_F(ApnsSessionTest, BytesThatAreNotHttp2EndTheSession) {
    start(10);
    submit(1);
    exchange();
    // A frame header that claims 16 MB, far above SETTINGS_MAX_FRAME_SIZE.
    EXPECT_TRUE(session->receive("\xff\xff\xff\xff\xff\xff\xff\xff\xff", now) || !session->error().empty());
    std::string out;
    session->output(out, 1 << 20);
    EXPECT_TRUE(session->draining());
}

TEST_F(ApnsSessionTest, OutputIsCoalesced) {
    start(1000);
    submit(1000);
    std::string out;
    session->output(out, 1 << 20);
    EXPECT_GT(out.size(), 30'000U);  // all in one piece
    EXPECT_LT(out.size(), 100'000U); // and headers that repeat are references into the HPACK table
}

TEST_F(ApnsSessionTest, OutputStopsNearItsLimit) {
    start(1000);
    submit(1000);
    std::string out;
    session->output(out, 4096);
    EXPECT_GE(out.size(), 4096U);
    EXPECT_LT(out.size(), 8192U);
}

TEST_F(ApnsSessionTest, ThousandsOfNotificationsReuseStreams) {
    start(100);
    std::int32_t id = 1;
    for (int round = 0; round < 50; ++round) {
        submit(100);
        exchange();
        for (int i = 0; i < 100; ++i, id += 2) peer->answer(id, "200");
        exchange();
        ASSERT_EQ(session->capacity(), 100U);
    }
    EXPECT_EQ(session->answers(), 5000U);
    EXPECT_EQ(fates().size(), 5000U);
}

} // namespace
} // namespace nanomdm::push
