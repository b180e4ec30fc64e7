// Parses APNs' error bodies; nothing in them is trusted to be there or to be of the right type.
#include "push/apns_answer.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <ctime>

namespace nanomdm::push {
namespace {

constexpr std::size_t longest_reason = 128;

/// APNs' reasons are single words; whatever else comes must not forge log lines or answers.
std::string cleaned(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, longest_reason))
        result += static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) >= 0x7f ? '?' : c;
    return result;
}

nlohmann::json parse_object(std::string_view text) {
    auto value = nlohmann::json::parse(text, nullptr, false);
    return value.is_object() ? value : nlohmann::json::object();
}

std::string reason_of(const nlohmann::json& object) {
    const auto found = object.find("reason");
    return found != object.end() && found->is_string() ? cleaned(found->get_ref<const std::string&>())
                                                       : std::string{};
}

std::optional<TimePoint> timestamp_of(const nlohmann::json& object) {
    const auto found = object.find("timestamp");
    if (found == object.end() || !found->is_number_integer()) return std::nullopt;
    const auto since_1970 = found->get<std::int64_t>();
    constexpr std::int64_t year_10000 = 253'402'300'800'000; // and no overflow in TimePoint's nanoseconds
    if (since_1970 <= 0 || since_1970 > std::min<std::int64_t>(year_10000, 9'000'000'000'000))
        return std::nullopt;
    return TimePoint{std::chrono::milliseconds{since_1970}};
}

} // namespace

ProviderResponse to_response(const Answer& answer) {
    ProviderResponse response;
    response.status = answer.status;
    response.apns_id = answer.apns_id;
    if (answer.status == 200 || answer.body.empty()) return response;
    const auto object = parse_object(answer.body);
    response.reason = reason_of(object);
    response.unregistered_at = timestamp_of(object);
    return response;
}

bool asks_to_retry(int status) noexcept { return status == 429 || status == 500 || status == 503; }

std::optional<std::chrono::seconds> retry_after(std::string_view value, TimePoint now) {
    if (value.empty()) return std::nullopt;
    constexpr std::int64_t longest = 24 * 3600;
    std::int64_t seconds = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (failure == std::errc{} && end == value.data() + value.size())
        return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, longest)};
    std::tm parts{};
    const std::string date{value};
    if (strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
    const auto at = std::chrono::system_clock::from_time_t(timegm(&parts));
    const auto wait = std::chrono::ceil<std::chrono::seconds>(at - now);
    return std::chrono::seconds{std::clamp<std::int64_t>(wait.count(), 0, longest)};
}

std::string goaway_reason(std::string_view debug_data) {
    if (debug_data.empty()) return {};
    auto reason = reason_of(parse_object(debug_data));
    return reason.empty() ? cleaned(debug_data) : reason;
}

std::string describe(const ProviderResponse& response) {
    if (response.status == 0) return response.error;
    std::string text = "push HTTP status: " + std::to_string(response.status) + ": APNs push error";
    if (!response.reason.empty()) text += ": " + response.reason;
    if (response.unregistered_at) {
        const auto since_1970 =
            std::chrono::floor<std::chrono::milliseconds>(response.unregistered_at->time_since_epoch());
        text += ": timestamp " + std::to_string(since_1970.count());
    }
    return text;
}

} // namespace nanomdm::push
