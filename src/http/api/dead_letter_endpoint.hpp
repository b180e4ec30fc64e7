// `/v1/webhook/dead`: events that could not be delivered, and sending them once more.
#pragma once

#include "http/message.hpp"
#include "nanomdm/storage/outbox_store.hpp"

namespace nanomdm::http {

/// Thread-safe. Errors of the caller's input are Error{Errc::invalid}.
class DeadLetterEndpoint {
public:
    explicit DeadLetterEndpoint(OutboxStore& outbox) noexcept : outbox_{outbox} {}

    /// GET: a page of them, without the events themselves, which may hold secrets and be large.
    /// `?limit=` up to 1000, `?cursor=` the former page's `next_cursor`.
    HttpResponse list(const HttpRequest& http);
    /// POST: `{"ids": [1, 2]}` or `{"all": true}`. They go behind what waits for their enrollments.
    HttpResponse replay(const HttpRequest& http);

private:
    std::size_t replay_all();

    OutboxStore& outbox_;
};

} // namespace nanomdm::http
