// Hands enrollments to a few threads: those of one device to the same thread, in order, in batches.
#pragma once

#include "nanomdm/storage/import_store.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace nanomdm::migrate {

struct ImportLaneOptions {
    unsigned lanes = 8;
    std::size_t batch = 64; ///< enrollments at the most
    std::size_t bytes =
        2 * 1'048'576; ///< of a batch, and of what waits in a lane; one enrollment may be more
};

/// The whole was given up before its end, because somebody asked for it.
struct ImportStopped {};

/// What waits is bounded: the giver waits for the threads.
class ImportLanes {
public:
    using Batch = std::vector<ImportedEnrollment>;
    using Work = std::function<void(const Batch&)>;

    /// @param work called by all the threads; what it throws ends the whole
    /// @param stop ends the whole after the batches under way
    ImportLanes(ImportLaneOptions options, Work work, std::stop_token stop);
    /// Gives up what waits.
    ~ImportLanes();
    ImportLanes(const ImportLanes&) = delete;
    ImportLanes& operator=(const ImportLanes&) = delete;

    /// Waits while the enrollment's lane is full. @throws what the work threw, or ImportStopped
    void put(ImportedEnrollment enrollment);
    /// Waits until everything has been worked on. @throws as put()
    void finish();
    /// @throws as put(), when the whole has ended early
    void check() const;

private:
    struct Waiting {
        ImportedEnrollment enrollment;
        std::size_t bytes = 0;
    };
    struct Lane {
        std::mutex mutex;
        std::condition_variable_any changed;
        std::deque<Waiting> waiting;
        std::size_t bytes = 0;
        bool is_complete = false;
    };

    void run(Lane& lane);
    [[nodiscard]] Batch next_batch(Lane& lane);

    const ImportLaneOptions options_;
    const Work work_;
    std::stop_source stop_; ///< asked for, or because of a failure
    mutable std::mutex failure_mutex_;
    std::exception_ptr failure_; ///< the first
    std::deque<Lane> lanes_;
    std::stop_callback<std::function<void()>> stop_with_caller_;
    std::vector<std::jthread> threads_; ///< last: they end first
};

} // namespace nanomdm::migrate
