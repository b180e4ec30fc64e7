// Finds the route of a path: a linear walk, longest path first, is the fastest for a dozen routes.
#include "http/router.hpp"

#include <algorithm>

namespace nanomdm::http {
namespace {

bool takes_path(const Route& route, std::string_view path) noexcept {
    return route.path.ends_with('/') ? path.starts_with(route.path) : path == route.path;
}

bool takes_method(const Route& route, std::string_view method) noexcept {
    if (route.methods.empty()) return true;
    const auto listed = [&route](std::string_view name) {
        return std::find(route.methods.begin(), route.methods.end(), name) != route.methods.end();
    };
    return listed(method) || (method == "HEAD" && listed("GET"));
}

} // namespace

void Router::add(Route route) {
    const auto shorter = std::find_if(routes_.begin(), routes_.end(), [&route](const Route& other) {
        return other.path.size() < route.path.size();
    });
    auto& statistics = statistics_[route.path];
    if (statistics == nullptr) statistics = std::make_unique<RequestStatistics>();
    route.statistics = statistics.get();
    routes_.insert(shorter, std::move(route));
}

Router::Match Router::match(std::string_view method, std::string_view path) const noexcept {
    Match found{.statistics = unmatched_.get()};
    for (const Route& route : routes_) {
        if (found.route != nullptr && route.path != found.route->path) break;
        if (!takes_path(route, path)) continue;
        if (takes_method(route, method)) return {&route, true, route.statistics};
        if (found.route == nullptr) found = {&route, false, route.statistics};
    }
    return found;
}

void Router::visit_statistics(
    const std::function<void(const std::string&, const RequestStatistics&)>& visit) const {
    for (const auto& [path, statistics] : statistics_) visit(path, *statistics);
    visit({}, *unmatched_);
}

std::string Router::allow(std::string_view path) const {
    std::vector<std::string_view> methods;
    const auto list = [&methods](std::string_view method) {
        if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
    };
    const Route* first = nullptr;
    for (const Route& route : routes_) {
        if (first != nullptr && route.path != first->path) break;
        if (!takes_path(route, path)) continue;
        first = &route;
        for (const auto& method : route.methods) {
            list(method);
            if (method == "GET") list("HEAD");
        }
    }
    std::string joined;
    for (const auto method : methods) joined.append(joined.empty() ? "" : ", ").append(method);
    return joined;
}

} // namespace nanomdm::http
