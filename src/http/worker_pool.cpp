// A mutex, a queue and one condition variable per thread, so that a job wakes exactly one thread and that
// thread finds its job in its own slot.
#include "http/worker_pool.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace nanomdm::http {

class WorkerPool::Impl {
public:
    explicit Impl(WorkerPoolOptions options) : options_{options} {
        try {
            const std::lock_guard lock{mutex_};
            for (std::size_t i = 0; i < options_.min_threads; ++i) start(nullptr);
        } catch (...) {
            stop(); // or joining those that did start would wait for good
            throw;
        }
    }

    bool try_post(Job job) {
        std::list<Worker> ended; // joined at the end, outside the lock
        std::unique_lock lock{mutex_};
        if (stopping_) return false;
        if (!idle_.empty()) {
            Worker& worker = *idle_.back();
            idle_.pop_back();
            worker.job = std::move(job);
            // Woken under the lock, the thread would only run into it. Its own end may come in between.
            const auto wake = worker.wake;
            lock.unlock();
            wake->notify_one();
            return true;
        }
        if (workers_.size() < options_.max_threads) {
            ended.swap(ended_);
            try {
                start(std::move(job));
                return true;
            } catch (const std::system_error& error) {
                log::error("cannot start a thread", {{"error", error.what()}});
                return false;
            }
        }
        if (queue_.size() >= options_.queue) return false;
        queue_.push_back(std::move(job));
        return true;
    }

    void stop() {
        std::list<Worker> workers;
        {
            std::unique_lock lock{mutex_};
            stopping_ = true;
            for (Worker* worker : idle_) worker->wake->notify_one();
            all_ended_.wait(lock, [this] { return workers_.empty(); });
            workers.swap(ended_);
        }
    }

    std::size_t waiting() const {
        const std::lock_guard lock{mutex_};
        return queue_.size();
    }
    std::size_t threads() const {
        const std::lock_guard lock{mutex_};
        return workers_.size();
    }
    std::size_t busy() const {
        const std::lock_guard lock{mutex_};
        return workers_.size() - idle_.size();
    }
    std::uint64_t finished() const {
        const std::lock_guard lock{mutex_};
        return finished_;
    }

private:
    struct Worker {
        Job job;
        std::shared_ptr<std::condition_variable> wake = std::make_shared<std::condition_variable>();
        std::list<Worker>::iterator self;
        std::jthread thread; // last: joined before the rest is destroyed
    };

    void start(Job job) {
        const auto worker = workers_.emplace(workers_.end());
        worker->job = std::move(job);
        worker->self = worker;
        try {
            worker->thread = std::jthread{[this, worker] { run(*worker); }};
        } catch (...) {
            workers_.erase(worker);
            throw;
        }
    }

    void run(Worker& worker) {
        std::unique_lock lock{mutex_};
        while (next_job(worker, lock)) {
            lock.unlock();
            worker.job();
            worker.job = nullptr;
            lock.lock();
            ++finished_;
        }
        ended_.splice(ended_.end(), workers_, worker.self);
        if (workers_.empty()) all_ended_.notify_all();
    }

    /// @return false when this thread is to end.
    bool next_job(Worker& worker, std::unique_lock<std::mutex>& lock) {
        if (worker.job) return true;
        if (!queue_.empty()) {
            worker.job = std::move(queue_.front());
            queue_.pop_front();
            return true;
        }
        if (stopping_) return false;
        idle_.push_back(&worker);
        const auto called = [this, &worker] { return worker.job || stopping_; };
        if (workers_.size() > options_.min_threads)
            worker.wake->wait_for(lock, options_.idle_time, called);
        else
            worker.wake->wait(lock, called);
        if (worker.job) return true;
        idle_.erase(std::find(idle_.begin(), idle_.end(), &worker));
        return false;
    }

    const WorkerPoolOptions options_;
    mutable std::mutex mutex_;
    std::deque<Job> queue_;
    std::vector<Worker*> idle_; ///< the last one became idle last
    std::list<Worker> workers_;
    std::list<Worker> ended_; ///< about to return, or returned; to be joined
    std::condition_variable all_ended_;
    std::uint64_t finished_ = 0;
    bool stopping_ = false;
};

WorkerPool::WorkerPool(WorkerPoolOptions options) : impl_{std::make_unique<Impl>(options)} {}
WorkerPool::~WorkerPool() { stop(); }

WorkerPoolOptions WorkerPool::fixed(std::size_t threads, std::size_t queue) {
    WorkerPoolOptions options;
    options.min_threads = options.max_threads = threads;
    options.queue = queue != 0 ? queue : 256 * threads;
    return options;
}

WorkerPoolOptions WorkerPool::wide(std::size_t max_threads) {
    WorkerPoolOptions options;
    options.max_threads = max_threads;
    return options;
}

bool WorkerPool::try_post(Job job) { return impl_->try_post(std::move(job)); }
void WorkerPool::stop() { impl_->stop(); }
std::size_t WorkerPool::waiting() const { return impl_->waiting(); }
std::size_t WorkerPool::threads() const { return impl_->threads(); }
std::size_t WorkerPool::busy() const { return impl_->busy(); }
std::uint64_t WorkerPool::finished() const { return impl_->finished(); }

} // namespace nanomdm::http
