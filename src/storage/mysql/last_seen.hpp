// When enrollments were heard from, written behind.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"
#include "storage/mysql/database.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace nanomdm::storage::mysql {

/// Notes who was heard from and once an interval writes the database's time into their rows, by one thread
/// with one connection at a time. Rows that somebody else has locked are left for the next rounds: it waits
/// for nobody. While the database is away the notes are kept, up to a limit; an outage is logged once.
/// Thread-safe.
class LastSeenWriter {
public:
    LastSeenWriter(Database& database, std::chrono::milliseconds interval);
    /// Writes what waits, as far as it gets in a few seconds.
    ~LastSeenWriter();
    LastSeenWriter(const LastSeenWriter&) = delete;
    LastSeenWriter& operator=(const LastSeenWriter&) = delete;

    /// Never waits for the database.
    void touch(const EnrollmentId& id);

private:
    /// By key: in how many rounds its row was locked, or not there.
    using Notes = std::unordered_map<std::string, unsigned>;

    struct Note {
        std::string key;
        unsigned missed = 0;
    };

    void run();
    void write_all(const std::vector<Note>& notes);
    /// @return the keys whose rows were free, sorted; those are written.
    std::vector<std::string> write(std::span<const Note> batch);
    void keep(std::span<const Note> notes);
    [[nodiscard]] bool out_of_time();
    void say_failed(const std::exception& error);
    void say_well();

    Database& database_;
    const std::chrono::milliseconds interval_;

    std::mutex mutex_;
    std::condition_variable stop_requested_;
    bool stopping_ = false;
    std::chrono::steady_clock::time_point give_up_at_{}; ///< once stopping
    Notes notes_;
    std::size_t dropped_ = 0; ///< touches that there was no room for

    unsigned failed_rounds_ = 0; ///< in a row; of the thread alone
    std::thread thread_;         ///< last: it uses all of the above
};

} // namespace nanomdm::storage::mysql
