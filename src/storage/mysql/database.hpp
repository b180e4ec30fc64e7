// Runs work on the database: takes a connection, opens a transaction, does it again where that is safe.
#pragma once

#include "storage/mysql/pool.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace nanomdm::storage::mysql {

/// Thread-safe; blocks. Work is called anew, with another connection perhaps, after deadlocks, lost
/// connections and while the server is not ready, with growing pauses, until `patience` has passed; then the
/// failure is thrown. A commit whose answer was lost may have taken effect: work must be safe to repeat.
class Database {
public:
    Database(Endpoint endpoint, PoolOptions options,
             std::chrono::milliseconds patience = std::chrono::seconds{5});

    /// A statement alone, or reads that need no common snapshot: each commits by itself.
    template <class Work> auto run(Work&& work) {
        return with_result(std::forward<Work>(work), Mode::autocommit);
    }

    /// All or nothing.
    template <class Work> auto transact(Work&& work) {
        return with_result(std::forward<Work>(work), Mode::transaction);
    }

    [[nodiscard]] Pool& pool() noexcept { return pool_; }

private:
    enum class Mode { autocommit, transaction };

    template <class Work> auto with_result(Work&& work, Mode mode) {
        using Result = std::invoke_result_t<Work&, Session&>;
        if constexpr (std::is_void_v<Result>) {
            repeat(std::ref(work), mode);
        } else {
            std::optional<Result> result;
            const auto keep = [&](Session& session) { result.emplace(work(session)); };
            repeat(std::ref(keep), mode);
            return std::move(*result);
        }
    }

    void repeat(const std::function<void(Session&)>& work, Mode mode);
    void once(const std::function<void(Session&)>& work, Mode mode);

    Pool pool_;
    const std::chrono::milliseconds patience_;
};

} // namespace nanomdm::storage::mysql
