// Parses bulk bodies; a fleet's 100,000 IDs are a few megabytes.
#include "http/api/bulk_request.hpp"

#include "http/api/multipart.hpp"
#include "http/media_type.hpp"
#include "nanomdm/error.hpp"

#include <nlohmann/json.hpp>

namespace nanomdm::http {
namespace {

BulkRequest from_json(const std::string& body) try {
    const auto object = nlohmann::json::parse(body);
    for (const auto& [name, value] : object.items()) {
        if (name != "ids" && name != "command" && name != "no_push")
            throw Error{Errc::invalid, "unknown member \"" + name + "\""};
    }
    BulkRequest bulk;
    object.at("ids").get_to(bulk.ids);
    bulk.command = object.value("command", "");
    bulk.no_push = object.value("no_push", false);
    return bulk;
} catch (const nlohmann::json::exception&) {
    throw Error{Errc::invalid, R"(the body is not {"ids": ["…"], "command": "…", "no_push": false})"};
}

void add_lines(const std::string& text, std::vector<std::string>& ids) {
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        auto line = text.substr(at, end - at);
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty()) ids.push_back(std::move(line));
        at = end + 1;
    }
}

BulkRequest from_form(std::string_view content_type, const std::string& body) {
    BulkRequest bulk;
    for (auto& part : parse_multipart(content_type, body)) {
        if (part.name == "ids")
            add_lines(part.body, bulk.ids);
        else if (part.name == "command")
            bulk.command = std::move(part.body);
        else if (part.name == "no_push")
            bulk.no_push = !part.body.empty();
        else
            throw Error{Errc::invalid, "unknown form part"};
    }
    return bulk;
}

} // namespace

BulkRequest parse_bulk_request(const HttpRequest& http) {
    const auto type = http.headers.get("Content-Type").value_or("");
    const auto bulk = [&] {
        if (is_media_type(type, "application/json")) return from_json(http.body);
        if (is_media_type(type, "multipart/form-data")) return from_form(type, http.body);
        throw Error{Errc::invalid, "Content-Type must be application/json or multipart/form-data"};
    }();
    if (bulk.ids.empty()) throw Error{Errc::invalid, "no enrollment IDs"};
    return bulk;
}

} // namespace nanomdm::http
