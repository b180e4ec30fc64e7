// The step from an I/O coroutine to a worker thread and back.
#pragma once

#include "http/asio_types.hpp"
#include "http/worker_pool.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>

#include <memory>

namespace nanomdm::http {

/// Runs `job` on a thread of the pool, then resumes the caller on its own executor. `job` must not throw
/// and must be a named object of the caller: g++ 12 destroys a temporary inside a co_await twice.
/// @return false when the pool is full; the job did not run.
template <typename Job> Awaitable<bool> run_blocking(WorkerPool& pool, Job& job) {
    auto start = [&pool, &job](auto handler) {
        const auto executor = asio::get_associated_executor(handler);
        const auto caller = std::make_shared<decltype(handler)>(std::move(handler));
        const auto resume = [executor, caller](bool ran) {
            auto step = [caller, ran]() mutable {
                auto resumed = std::move(*caller);
                resumed(ran);
            };
            asio::post(executor, std::move(step));
        };
        const auto posted = [&job, resume] {
            job();
            resume(true);
        };
        if (!pool.try_post(posted)) resume(false);
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(bool)>(start,
                                                                                               use_awaitable);
}

} // namespace nanomdm::http
