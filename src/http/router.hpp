// Which handler answers which path, and on which kind of thread it runs.
#pragma once

#include "http/message.hpp"
#include "http/request_statistics.hpp"
#include "http/stream.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::http {

/// Where a handler runs.
enum class Lane {
    io,       ///< the I/O thread itself: for what costs next to nothing and waits for nobody
    worker,   ///< the bounded pool of storage work
    upstream, ///< the wide pool for what waits on somebody outside (APNs, declarative management)
};

/// Answers one request; may move its body out; blocking. The dispatcher maps an Error to a status.
using Handler = std::function<HttpResponse(HttpRequest&)>;

/// Begins to answer one request through the stream, which it hands to an answerer of its own; an answer
/// refuses it instead, nullopt: begun. Blocking, on a worker; never waits for the answer. It must not use the
/// request after it has returned.
using StreamHandler =
    std::function<std::optional<HttpResponse>(HttpRequest&, const std::shared_ptr<Stream>&)>;

/// A look at the header before the body is read: an answer refuses the request (401, say), nullopt
/// lets it in. Runs on an I/O thread, so it must be cheap and must not block.
using Admission = std::function<std::optional<HttpResponse>(const HttpRequest&)>;

/// Chooses the lane from the whole request. Runs on an I/O thread: cheap, no blocking, no throwing.
using LaneChoice = std::function<Lane(const HttpRequest&)>;

struct Route {
    std::string path;                 ///< exact, or a prefix when it ends with '/'
    std::vector<std::string> methods; ///< empty: any; GET implies HEAD; others get 405 with Allow
    Lane lane = Lane::worker;
    Handler handler;
    Admission admit{};        ///< empty: everybody
    LaneChoice choose_lane{}; ///< empty: `lane`
    /// In place of `handler`: the answer is streamed.
    StreamHandler stream{};
    /// With `stream`: the handler runs at the header's end, and the body comes through the stream, however
    /// long it is; false: the request is whole, as elsewhere.
    bool streams_body = false;
    RequestStatistics* statistics = nullptr; ///< the router's
};

/// The routes of one listener, fixed before it starts serving. Longest match wins; of several routes with
/// one path, the one that takes the method.
class Router {
public:
    void add(Route route);

    struct Match {
        const Route* route = nullptr;            ///< null: no such path (404)
        bool method_allowed = false;             ///< false with a route: 405
        RequestStatistics* statistics = nullptr; ///< of the path; never null
    };
    [[nodiscard]] Match match(std::string_view method, std::string_view path) const noexcept;
    /// The value of Allow for a path whose method is not allowed: "GET, HEAD, PUT".
    [[nodiscard]] std::string allow(std::string_view path) const;

    /// Of requests for paths that no route takes, and of those that are no HTTP.
    [[nodiscard]] RequestStatistics& unmatched() const noexcept { return *unmatched_; }
    /// Calls `visit` for each path of a route, and for the unmatched with an empty path.
    void visit_statistics(
        const std::function<void(const std::string& path, const RequestStatistics&)>& visit) const;

private:
    std::vector<Route> routes_; ///< longest path first
    std::map<std::string, std::unique_ptr<RequestStatistics>, std::less<>> statistics_; ///< by path
    std::unique_ptr<RequestStatistics> unmatched_ = std::make_unique<RequestStatistics>();
};

} // namespace nanomdm::http
