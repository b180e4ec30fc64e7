// The reference backend defines what is right.
#include "workload.hpp"

#include "fixtures.hpp"
#include "storage/file/file_storage.hpp"
#include "storage/inmem/inmem_storage.hpp"

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

void add_round(std::vector<Step>& steps, const std::string& prefix, int round) {
    const Cast cast{prefix};
    const std::string text = " " + std::to_string(round);
    const auto add = [&steps](Step step) { steps.push_back(std::move(step)); };
    const auto checkpoint = [&steps] {
        steps.push_back([](AllStorage& storage) {
            if (auto* store = dynamic_cast<FileStorage*>(&storage)) store->checkpoint();
        });
    };
    const auto id = [prefix, round](const char* name) { return uuid(prefix, round, name); };
    const std::vector everybody{cast.mac.id, cast.user.id, cast.phone.id, EnrollmentId{"nobody"}};
    const int number = static_cast<int>(std::hash<std::string>{}(prefix) % 1000) * 1000 + round;

    add([=](AllStorage& s) {
        (void)s.claim_certificate(cast.mac.id, hash(number * 2), ClaimRule::unknown_certificate);
    });
    add([=](AllStorage& s) { s.store_authenticate(authenticate(cast.mac, "<auth>" + text), "pem" + text); });
    add([=](AllStorage& s) {
        s.store_token_update(token_update(cast.mac, "<tok>" + text, "unlock" + text));
    });
    add([=](AllStorage& s) { s.store_user_authenticate({authenticate(cast.user, "<ua>" + text), ""}); });
    add([=](AllStorage& s) { s.store_token_update(token_update(cast.user, "<tok u>" + text)); });
    checkpoint();
    add([=](AllStorage& s) { s.store_authenticate(authenticate(cast.phone, "<auth phone>" + text), ""); });
    add([=](AllStorage& s) {
        s.store_token_update(token_update(cast.phone, std::string(3000, 'p') + text));
    });
    add([=](AllStorage& s) { s.store_bootstrap_token({authenticate(cast.mac), "bootstrap" + text}); });
    add([=](AllStorage& s) { (void)s.enqueue(command(id("one")), everybody); });
    add([=](AllStorage& s) {
        (void)s.enqueue(command(id("two"), std::string(5000, 'b')), std::vector{cast.mac.id});
    });
    add([=](AllStorage& s) { (void)s.enqueue(command(id("three")), everybody); });
    add([=](AllStorage& s) { s.store_report(report(cast.mac, id("one"), "NotNow", "<later>" + text)); });
    checkpoint();
    add([=](AllStorage& s) {
        s.store_report(report(cast.mac, id("two"), "Acknowledged", std::string(4000, 'r')));
    });
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
    add([=](AllStorage& s) {
        s.mark_not_pushable(std::vector<DeadToken>{{cast.phone.id, token_update(cast.phone).push.token}});
    });
    add([=](AllStorage& s) { s.store_token_update(token_update(cast.mac, "<tok 2>" + text)); });
    add([=](AllStorage& s) { s.touch_last_seen(cast.phone); });
    add([=](AllStorage& s) { s.store_bootstrap_token({authenticate(cast.mac), ""}); });
    if (round % 2 == 0) {
        add([=](AllStorage& s) { s.store_check_out({authenticate(cast.mac)}); });
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

} // namespace

std::vector<Step> mixed_workload(const std::string& prefix, int rounds) {
    std::vector<Step> steps;
    for (int round = 0; round < rounds; ++round) add_round(steps, prefix, round);
    return steps;
}

std::string observed(AllStorage& storage, const std::string& prefix, int rounds) {
    const Cast cast{prefix};
    std::ostringstream out;
    for (const auto& one : {cast.mac, cast.user, cast.phone}) show(out, storage, one);
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
