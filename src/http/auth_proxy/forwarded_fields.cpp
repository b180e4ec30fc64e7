// The rules field by field.
#include "http/auth_proxy/forwarded_fields.hpp"

#include "http/hop_by_hop.hpp"

#include <algorithm>
#include <array>

namespace nanomdm::http {
namespace {

constexpr std::string_view forwarded_for = "X-Forwarded-For";

/// As CGI, WSGI and their like spell fields: the other server cannot tell these apart.
std::string gateway_name(std::string_view name) {
    std::string text{name};
    std::ranges::replace(text, '_', '-');
    return text;
}

bool identifies_devices(std::string_view name, std::string_view identity_field) {
    constexpr std::string_view enrollment = "X-Enrollment-"; // all that -dm sends, too
    constexpr std::array<std::string_view, 2> others{"X-Trace-ID", "Mdm-Signature"};
    const auto common = gateway_name(name);
    return equal_ignoring_case(common.substr(0, enrollment.size()), enrollment) ||
           std::ranges::any_of(others, [&](auto other) { return equal_ignoring_case(common, other); }) ||
           (!identity_field.empty() && equal_ignoring_case(common, gateway_name(identity_field)));
}

} // namespace

Headers forwarded_fields(const HttpRequest& request, const DeviceFields& device) {
    const HopByHop dropped{request.headers};
    Headers fields;
    std::string clients;
    for (const auto& [name, value] : request.headers) {
        if (dropped.contains(name) || identifies_devices(name, device.identity_field)) continue;
        if (equal_ignoring_case(name, "Host")) continue; // the other server's own
        if (device.replaces_authorization && equal_ignoring_case(name, "Authorization")) continue;
        if (equal_ignoring_case(name, forwarded_for))
            clients.append(clients.empty() ? "" : ", ").append(value);
        else
            fields.add(name, value);
    }
    if (request.peer != "unix") clients.append(clients.empty() ? "" : ", ").append(request.peer);
    if (!clients.empty()) fields.add(std::string{forwarded_for}, clients);
    fields.add("X-Enrollment-ID", std::string{device.enrollment_id});
    fields.add("X-Trace-ID", request.trace_id);
    return fields;
}

} // namespace nanomdm::http
