// Which handler answers which path, and on which kind of thread it runs.
#pragma once

#include "http/message.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::http {

/// Where a handler runs.
enum class Lane {
    worker,   ///< the bounded pool of storage work
    upstream, ///< the wide pool for what waits on somebody outside (APNs, declarative management)
};

/// Answers one request; may move its body out; blocking. The dispatcher maps an Error to a status.
using Handler = std::function<HttpResponse(HttpRequest&)>;

struct Route {
    std::string path;                 ///< exact, or a prefix when it ends with '/'
    std::vector<std::string> methods; ///< empty: any; anything else is answered 405 with Allow
    Lane lane = Lane::worker;
    Handler handler;
};

/// The routes of one listener, fixed before it starts serving. Longest match wins.
class Router {
public:
    void add(Route route);

    struct Match {
        const Route* route = nullptr; ///< null: no such path (404)
        bool method_allowed = false;  ///< false with a route: 405
    };
    [[nodiscard]] Match match(std::string_view method, std::string_view path) const noexcept;

private:
    std::vector<Route> routes_;
};

} // namespace nanomdm::http
