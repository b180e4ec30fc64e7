// What the connections of one fake APNs share: how to answer, what was seen, what is still to be answered.
#pragma once

#include "support/fake_apns/fake_apns.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <set>

namespace nanomdm::fake_apns {

class ServerSession;

struct ServerState {
    explicit ServerState(boost::asio::io_context& context) : io{context}, timer{context} {}

    boost::asio::io_context& io;
    Options options;
    Reception reception = Reception::normal;
    Reply default_reply;
    std::map<std::string, std::deque<Reply>> replies; ///< by token
    std::set<std::shared_ptr<ServerSession>> sessions;

    struct Due {
        std::chrono::steady_clock::time_point at;
        std::weak_ptr<ServerSession> session;
        std::int32_t stream = 0;
        Reply reply;
        friend bool operator<(const Due& a, const Due& b) { return a.at > b.at; }
    };
    std::priority_queue<Due> due;
    boost::asio::steady_timer timer;
    bool timer_armed = false;

    mutable std::mutex mutex; ///< for the three below
    mutable std::condition_variable changed;
    Seen seen;
    std::vector<Notification> notifications;

    [[nodiscard]] Reply reply_for(const std::string& token);
    void answer_later(std::shared_ptr<ServerSession> session, std::int32_t stream, Reply reply);
    void answer_due();
    void arm();
    template <class Change> void note(Change change) {
        const std::lock_guard lock{mutex};
        change(seen);
        changed.notify_all();
    }
};

} // namespace nanomdm::fake_apns
