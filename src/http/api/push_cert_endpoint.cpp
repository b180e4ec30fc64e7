// Push certificates over HTTP: topic and expiry go out, the key never does.
#include "http/api/push_cert_endpoint.hpp"

#include "crypto/push_certificate.hpp"
#include "encoding/rfc3339.hpp"
#include "http/api/json_text.hpp"
#include "log/log.hpp"
#include "nanomdm/error.hpp"

namespace nanomdm::http {
namespace {

using Json = nlohmann::ordered_json;

Json describe(const Topic& topic, TimePoint not_after) {
    return {{"topic", topic.str()}, {"not_after", rfc3339(not_after)}};
}

} // namespace

HttpResponse PushCertEndpoint::store(const HttpRequest& http) {
    const auto parsed = parse_push_certificate(http.body);
    store_.store_push_certificate(parsed.certificate);
    const auto answer = describe(parsed.certificate.topic, parsed.not_after);
    log::info("push certificate stored",
              {{"topic", parsed.certificate.topic.str()}, {"not_after", rfc3339(parsed.not_after)}});
    return json_response(200, answer);
}

HttpResponse PushCertEndpoint::show(const HttpRequest& http) {
    std::string topic;
    bool all = false;
    for (const auto& [name, value] : parse_query(http.query)) {
        if (name == "topic" && topic.empty()) topic = value;
        if (name == "all" && !value.empty()) all = true;
    }
    if (topic.empty() && !all) throw Error{Errc::invalid, "no topic"};
    const auto describe_stored = [this](const Topic& name) -> Json {
        const auto stored = store_.push_certificate(name);
        if (!stored) throw Error{Errc::not_found, "no push certificate for this topic"};
        return describe(name, certificate_not_after(stored->certificate_pem));
    };
    if (!topic.empty()) return json_response(200, describe_stored(Topic{topic}));
    Json list = Json::array();
    for (const auto& name : store_.push_topics()) list.push_back(describe_stored(name));
    return json_response(200, Json{{"push_certificates", std::move(list)}});
}

} // namespace nanomdm::http
