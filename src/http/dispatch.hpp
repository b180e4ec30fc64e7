// What happens around a handler: which answer is given without it, and what its exceptions become.
#pragma once

#include "http/router.hpp"

#include <optional>

namespace nanomdm::http {

/// 404, 405 or what the route's admission says; nullopt: the request may go on to `match.route`.
[[nodiscard]] std::optional<HttpResponse> refusal(const Router& router, const Router::Match& match,
                                                  const HttpRequest& request);

/// The lane the route chooses for this request.
[[nodiscard]] Lane lane_of(const Route& route, const HttpRequest& request) noexcept;

/// Calls the handler. An exception becomes its status with the plain error body, and its text goes to the
/// log alone: it may name paths or statements.
[[nodiscard]] HttpResponse respond(const Route& route, HttpRequest& request) noexcept;

/// The same for a route that streams. nullopt: begun.
[[nodiscard]] std::optional<HttpResponse> begin_stream(const Route& route, HttpRequest& request,
                                                       const std::shared_ptr<Stream>& stream) noexcept;

/// 503 with Retry-After.
[[nodiscard]] HttpResponse overloaded();

} // namespace nanomdm::http
