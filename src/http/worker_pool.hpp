// Threads for blocking work behind a bounded queue: the server's one place of back-pressure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace nanomdm::http {

struct WorkerPoolOptions {
    std::size_t min_threads = 0;                 ///< started at once, never ended
    std::size_t max_threads = 1;                 ///< the others start on demand and end when idle
    std::size_t queue = 0;                       ///< jobs that may wait while all threads are busy
    std::chrono::milliseconds idle_time{10'000}; ///< until a thread above the minimum ends
};

/// Runs jobs on threads of its own. The thread that became idle last is woken first: its stack and
/// caches are warm. Safe on any thread.
class WorkerPool {
public:
    using Job = std::function<void()>;

    explicit WorkerPool(WorkerPoolOptions options);
    /// Lane::worker: all threads at once and for good. @param queue 0: 256 jobs per thread.
    [[nodiscard]] static WorkerPoolOptions fixed(std::size_t threads, std::size_t queue = 0);
    /// Lane::upstream: threads as they are needed, nobody waits for one.
    [[nodiscard]] static WorkerPoolOptions wide(std::size_t max_threads = 256);
    /// stop().
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Never blocks. @return false when every thread is busy and the queue full, or after stop().
    /// A job must not throw.
    [[nodiscard]] bool try_post(Job job);

    /// Refuses new jobs, finishes those accepted, joins the threads. Not from inside a job. Idempotent.
    void stop();

    [[nodiscard]] std::size_t waiting() const;    ///< jobs in the queue
    [[nodiscard]] std::size_t threads() const;    ///< alive, busy or idle
    [[nodiscard]] std::size_t busy() const;       ///< running a job
    [[nodiscard]] std::uint64_t finished() const; ///< jobs so far

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nanomdm::http
