// The reference backend defines what is right.
#include "workload.hpp"

#include "fixtures.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/inmem/inmem_storage.hpp"

#include <mutex>
#include <sstream>

namespace nanomdm::storage::file {
namespace {

struct Cast {
    explicit Cast(const std::string& prefix)
        : mac{file::device(prefix + "MAC")}, user{user_of(mac, "u/..\"")}, phone{file::device(
                                                                               prefix + "../phone é")} {}
    Enrollment mac;
    Enrollment user;
    Enrollment phone;
};

std::string uuid(const std::string& prefix, int round, const char* name) {
    return prefix + std::to_string(round) + "-" + name;
}

/// The message, to be told of to the webhook.
template <class Sent> Sent stamped(Sent message, const std::string& event_id) {
    message.event = EventStamp{
        .id = event_id, .created_at = TimePoint{std::chrono::seconds{1'700'000'000}}, .url_params = {}};
    return message;
}

OutboxStore& outbox(AllStorage& storage) { return storage; }

/// Leases are everybody's: with it, no workload finds a lane of its own in another's hands.
std::mutex& leasing() {
    static std::mutex mutex;
    return mutex;
}

/// The enrollment's lane, leased; the others are given back as they were. Expects leasing() to be held.
std::optional<OutboxLane> leased(AllStorage& storage, const Enrollment& one, std::size_t events) {
    std::optional<OutboxLane> found;
    std::vector<LaneVisit> back;
    for (auto& lane : outbox(storage).lease_events({.lanes = 1000, .events_each = events})) {
        if (lane.enrollment == one.id)
            found = std::move(lane);
        else
            back.push_back({.enrollment = lane.enrollment, .lease = lane.lease});
    }
    outbox(storage).finish_lanes(back);
    return found;
}

struct Ending {
    std::size_t delivered = 0;
    std::optional<std::string> buried_because = {};
    Tries tries = {};
};

void visit(AllStorage& storage, const Enrollment& one, const Ending& ending) {
    const std::lock_guard lock{leasing()};
    const auto lane = leased(storage, one, ending.delivered + 1);
    if (!lane) return;
    LaneVisit visit{.enrollment = one.id, .lease = lane->lease, .buried_because = ending.buried_because};
    if (ending.delivered > 0)
        visit.delivered_through =
            lane->events.at(std::min(ending.delivered, lane->events.size()) - 1).sequence;
    if (ending.tries != Tries{})
        visit.retry = LaneRetry{.after = std::chrono::milliseconds{0}, .tries = ending.tries};
    outbox(storage).finish_lanes({&visit, 1});
}

void replay_first(AllStorage& storage, const Enrollment& one) {
    for (const auto& letter : outbox(storage).dead_letters(0, 10'000)) {
        if (letter.enrollment != one.id) continue;
        (void)outbox(storage).replay_dead_letters(std::vector{letter.number});
        return;
    }
}

void add_round(std::vector<Step>& steps, const std::string& prefix, int round, Company company) {
    const Cast cast{prefix};
    const std::string text = " " + std::to_string(round);
    const auto add = [&steps](Step step) { steps.push_back(std::move(step)); };
    const auto checkpoint = [&steps] {
        steps.push_back([](AllStorage& storage) {
            if (auto* store = dynamic_cast<FileStorage*>(&storage)) store->checkpoint();
        });
    };
    const auto write_events = [&steps] {
        steps.push_back([](AllStorage& storage) {
            if (auto* store = dynamic_cast<FileStorage*>(&storage)) store->write_events();
        });
    };
    const auto id = [prefix, round](const char* name) { return uuid(prefix, round, name); };
    const std::vector everybody{cast.mac.id, cast.user.id, cast.phone.id, EnrollmentId{"nobody"}};
    const int number = static_cast<int>(std::hash<std::string>{}(prefix) % 1000) * 1000 + round;
    const auto visits = [&](const Enrollment& one, const Ending& ending) {
        add([=](AllStorage& s) { visit(s, one, ending); });
    };

    add([=](AllStorage& s) {
        (void)s.claim_certificate(cast.mac.id, hash(number * 2), ClaimRule::unknown_certificate);
    });
    add([=](AllStorage& s) {
        s.store_authenticate(stamped(authenticate(cast.mac, "<auth>" + text), id("e1")), "pem" + text);
    });
    add([=](AllStorage& s) {
        s.store_token_update(stamped(token_update(cast.mac, "<tok>" + text, "unlock" + text), id("e2")));
    });
    add([=](AllStorage& s) {
        s.store_user_authenticate(
            stamped(UserAuthenticate{authenticate(cast.user, "<ua>" + text), ""}, id("e3")));
    });
    add([=](AllStorage& s) { s.store_token_update(token_update(cast.user, "<tok u>" + text)); });
    visits(cast.mac, {.delivered = 1, .tries = {.failed = 2, .refused = 1}});
    checkpoint();
    visits(cast.user, {.buried_because = "refused" + text});
    write_events();
    add([=](AllStorage& s) { s.store_authenticate(authenticate(cast.phone, "<auth phone>" + text), ""); });
    add([=](AllStorage& s) {
        s.store_token_update(stamped(token_update(cast.phone, std::string(3000, 'p') + text), id("e4")));
    });
    add([=](AllStorage& s) {
        s.store_bootstrap_token(
            stamped(SetBootstrapToken{authenticate(cast.mac), "bootstrap" + text}, id("e5")));
    });
    write_events();
    add([=](AllStorage& s) { (void)s.enqueue(command(id("one")), everybody); });
    add([=](AllStorage& s) {
        (void)s.enqueue(command(id("two"), std::string(5000, 'b')), std::vector{cast.mac.id});
    });
    add([=](AllStorage& s) { (void)s.enqueue(command(id("three")), everybody); });
    add([=](AllStorage& s) {
        s.store_report(stamped(report(cast.mac, id("one"), "NotNow", "<later>" + text), id("e6")));
    });
    checkpoint();
    add([=](AllStorage& s) {
        s.store_report(
            stamped(report(cast.mac, id("two"), "Acknowledged", std::string(4000, 'r')), id("e7")));
    });
    visits(cast.mac, {.delivered = 2, .buried_because = "too old" + text, .tries = {.failed = 1}});
    write_events();
    add([=](AllStorage& s) { s.store_report(stamped(report(cast.phone, "unknown", "Error"), id("e8"))); });
    if (round % 2 == 1) add([=](AllStorage& s) { replay_first(s, cast.user); });
    add([=](AllStorage& s) { (void)s.enqueue(command(id("two"), std::string(5000, 'b')), everybody); });
    add([=](AllStorage& s) { s.store_report(report(cast.mac, id("one"), "Error", "<error>" + text)); });
    add([=](AllStorage& s) {
        s.store_report(report(cast.mac, id("one"), "Acknowledged", "<again>" + text));
    });
    add([=](AllStorage& s) {
        s.store_report(report(cast.user, id("one"), "NotNow", "<user later>" + text));
    });
    add([=](AllStorage& s) {
        s.store_push_certificate({Topic{prefix + "topic/"}, "cert" + text, "key" + text});
    });
    add([=](AllStorage& s) {
        (void)s.renew_certificate(cast.mac.id, {.hash = hash(number * 2 + 1),
                                                .der = "",
                                                .pem = "new" + text,
                                                .not_before = {},
                                                .not_after = {}});
    });
    checkpoint();
    add([=](AllStorage& s) { replay_first(s, cast.mac); });
    visits(cast.phone, {.delivered = 1});
    add([=](AllStorage& s) {
        outbox(s).record_event({.id = id("e9"),
                                .topic = "mdm.GetToken",
                                .created_at = TimePoint{},
                                .enrollment = cast.phone.id,
                                .body = "{\"alone\":\"" + std::string(700, 'x') + text + "\"}"});
    });
    write_events();
    if (company == Company::alone)
        add([=](AllStorage& s) { (void)outbox(s).shed_events(static_cast<std::uint64_t>(4 + round)); });
    add([=](AllStorage& s) {
        s.mark_not_pushable(std::vector<DeadToken>{{cast.phone.id, token_update(cast.phone).push.token}});
    });
    add([=](AllStorage& s) { s.store_token_update(token_update(cast.mac, "<tok 2>" + text)); });
    add([=](AllStorage& s) { s.touch_last_seen(cast.phone); });
    add([=](AllStorage& s) { s.store_bootstrap_token({authenticate(cast.mac), ""}); });
    if (round % 2 == 0) {
        add([=](AllStorage& s) { s.store_check_out(stamped(CheckOut{authenticate(cast.mac)}, id("e10"))); });
        checkpoint();
    } else {
        add([=](AllStorage& s) {
            s.store_report(report(cast.phone, id("three"), "Acknowledged", "<out of order>"));
        });
    }
}

void show(std::ostream& out, AllStorage& storage, const Enrollment& one) {
    const auto text = [](const std::optional<std::string>& maybe) { return maybe.value_or("-"); };
    out << one.id.str() << ":";
    if (const auto state = storage.enrollment(one.id)) {
        out << " type " << to_string(state->enrollment.type) << " parent "
            << (state->enrollment.parent ? state->enrollment.parent->str() : "-") << " enabled "
            << state->enabled << " tally " << state->token_update_tally << " serial " << state->serial_number
            << " token " << (state->push ? state->push->token.hex() : "-");
    }
    const auto messages = storage.messages(one.id);
    out << "\n  " << text(messages.authenticate) << text(messages.token_update) << text(messages.unlock_token)
        << text(messages.user_authenticate) << text(messages.user_authenticate_digest)
        << text(storage.bootstrap_token(one.id)) << text(storage.identity_pem(one.id));
    const auto target = storage.push_targets(std::vector{one.id}).at(0);
    out << "\n  pushable " << (target ? (target->pushable ? "yes" : "no") : "-") << "\n";
}

void show_queue(std::ostream& out, AllStorage& storage, const Enrollment& one, const std::string& prefix,
                int rounds) {
    for (int round = 0; round < rounds; ++round) {
        for (const char* name : {"one", "two", "three"}) {
            const auto result = storage.result(one.id, CommandUuid{uuid(prefix, round, name)});
            if (!result) continue;
            out << "  result " << round << name << " " << result->status.str() << " " << result->raw << " "
                << result->not_now_tally << " " << result->first_not_now_at.has_value() << "\n";
        }
    }
    const auto ready = storage.next_command(one.id, NotNow::passed_over);
    out << "  without NotNow " << (ready ? ready->uuid.str() : "-") << "\n";
    while (const auto next = storage.next_command(one.id, NotNow::candidates)) {
        out << "  pending " << next->uuid.str() << " " << next->request_type.str() << " " << next->raw
            << "\n";
        storage.store_report(report(one, next->uuid.str(), "Acknowledged"));
    }
    for (int round = 0; round < rounds; ++round) {
        for (const char* name : {"one", "three"}) {
            const auto outcome =
                storage.enqueue(command(uuid(prefix, round, name)), std::vector{one.id}).at(0);
            out << "  again " << static_cast<int>(outcome);
        }
    }
    out << "\n";
}

void show_events(std::ostream& out, AllStorage& storage, const Enrollment& one) {
    const std::lock_guard lock{leasing()};
    if (const auto lane = leased(storage, one, 1000)) {
        out << "  tries " << lane->tries.failed << " " << lane->tries.refused << "\n";
        for (const auto& [sequence, recorded_at, event] : lane->events)
            out << "  event " << event.id << " " << event.topic << " " << event.body << " "
                << event.created_at.time_since_epoch().count() << "\n";
        const LaneVisit back{.enrollment = one.id, .lease = lane->lease};
        outbox(storage).finish_lanes({&back, 1});
    }
    for (const auto& dead : outbox(storage).dead_letters(0, 10'000)) {
        if (dead.enrollment == one.id)
            out << "  dead " << dead.event_id << " " << dead.topic << " " << dead.reason << "\n";
    }
}

} // namespace

std::vector<Step> mixed_workload(const std::string& prefix, int rounds, Company company) {
    std::vector<Step> steps;
    for (int round = 0; round < rounds; ++round) add_round(steps, prefix, round, company);
    return steps;
}

std::string observed(AllStorage& storage, const std::string& prefix, int rounds) {
    const Cast cast{prefix};
    std::ostringstream out;
    for (const auto& one : {cast.mac, cast.user, cast.phone}) show(out, storage, one);
    for (const auto& one : {cast.mac, cast.user, cast.phone}) show_events(out, storage, one);
    for (const auto& one : {cast.mac, cast.user, cast.phone}) show_queue(out, storage, one, prefix, rounds);
    const int number = static_cast<int>(std::hash<std::string>{}(prefix) % 1000) * 1000;
    for (int i = number * 2; i < (number + rounds) * 2; ++i)
        out << storage.is_associated(cast.mac.id, hash(i));
    if (const auto certificate = storage.push_certificate(Topic{prefix + "topic/"}))
        out << certificate->certificate_pem << certificate->private_key_pem;
    return out.str();
}

std::string expected(const std::vector<Step>& steps, std::size_t count, const std::string& prefix,
                     int rounds) {
    InMemStorage reference;
    for (std::size_t i = 0; i < count; ++i) steps.at(i)(reference);
    return observed(reference, prefix, rounds);
}

std::string first_difference(const std::string& shown, const std::string& wanted) {
    std::istringstream one{shown};
    std::istringstream other{wanted};
    std::string left;
    std::string right;
    while (shown != wanted) {
        const bool has_left = static_cast<bool>(std::getline(one, left));
        const bool has_right = static_cast<bool>(std::getline(other, right));
        if (!has_left) left = "(end)";
        if (!has_right) right = "(end)";
        if (left != right || !has_left)
            return "shows «" + left.substr(0, 200) + "», not «" + right.substr(0, 200) + "»";
    }
    return "";
}

} // namespace nanomdm::storage::file
