// Dead letters as JSON, and the JSON that brings them back.
#include "http/api/dead_letter_endpoint.hpp"

#include "encoding/rfc3339.hpp"
#include "http/api/json_text.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace nanomdm::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t default_page = 100;
constexpr std::uint64_t longest_page = 1000;

std::uint64_t number(const std::string& name, const std::string& text) {
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || at != end) throw Error{Errc::invalid, name + " is not a number"};
    return value;
}

Json describe(const DeadLetter& letter) {
    return {{"id", letter.number},
            {"event_id", letter.event_id},
            {"topic", letter.topic},
            {"enrollment_id", letter.enrollment.str()},
            {"created_at", rfc3339(letter.created_at)},
            {"buried_at", rfc3339(letter.buried_at)},
            {"reason", letter.reason}};
}

} // namespace

HttpResponse DeadLetterEndpoint::list(const HttpRequest& http) {
    std::uint64_t after = 0;
    std::uint64_t limit = default_page;
    for (const auto& [name, value] : parse_query(http.query)) {
        if (name == "cursor") after = number(name, value);
        if (name == "limit") limit = number(name, value);
    }
    if (limit == 0 || limit > longest_page) throw Error{Errc::invalid, "limit is not from 1 to 1000"};
    const auto page = outbox_.dead_letters(after, limit);
    Json list = Json::array();
    for (const auto& letter : page) list.push_back(describe(letter));
    Json answer{{"dead_letters", std::move(list)}};
    if (page.size() == limit) answer["next_cursor"] = std::to_string(page.back().number);
    return json_response(200, answer);
}

HttpResponse DeadLetterEndpoint::replay(const HttpRequest& http) {
    std::vector<std::uint64_t> ids;
    bool all = false;
    try {
        const auto object = nlohmann::json::parse(http.body);
        all = object.value("all", false);
        if (object.size() != 1) throw Error{Errc::invalid, "either ids or all"};
        if (!all) {
            for (const auto& id : object.at("ids")) {
                if (!id.is_number_unsigned()) throw Error{Errc::invalid, "an id is not a number"};
                ids.push_back(id.get<std::uint64_t>());
            }
        }
    } catch (const nlohmann::json::exception&) {
        throw Error{Errc::invalid, R"(the body is neither {"ids": [1, 2]} nor {"all": true})"};
    }
    const auto count = all ? replay_all() : outbox_.replay_dead_letters(ids);
    log::info("dead letters replayed", {{"events", std::to_string(count)}});
    return json_response(200, Json{{"replayed", count}});
}

/// Those that are there now: one that fails meanwhile is not sent for ever.
std::size_t DeadLetterEndpoint::replay_all() {
    std::size_t count = 0;
    std::uint64_t after = 0;
    for (auto left = outbox_.outbox_state().dead; left > 0;) {
        const auto page = outbox_.dead_letters(after, std::min(left, longest_page));
        if (page.empty()) break;
        std::vector<std::uint64_t> numbers;
        for (const auto& letter : page) numbers.push_back(letter.number);
        count += outbox_.replay_dead_letters(numbers);
        after = numbers.back();
        left -= page.size();
    }
    return count;
}

} // namespace nanomdm::http
