// Every operation that writes, and the places where somebody else can make it wait.
#pragma once

#include "nanomdm/storage/storage.hpp"
#include "storage/mysql/session.hpp"

#include <functional>
#include <string>
#include <vector>

namespace nanomdm::storage::mysql::test {

struct Operation {
    std::string name;
    /// Runs on what fill() has stored. @return what the caller was told, as text.
    std::function<std::string(AllStorage&)> run;
};

/// An operation that waits at one of its statements for rows that another transaction has locked.
struct Obstacle {
    std::string where; ///< the table
    std::string lock;  ///< what the other transaction runs
    Operation operation;
};
/// GoogleTest prints the parameter of a failed test.
void PrintTo(const Obstacle& obstacle, std::ostream* out);

/// A transaction that holds what the operation needs next and then wants what the operation has.
struct Collision {
    std::string holds;
    std::string wants;
    Operation operation;
};
void PrintTo(const Collision& collision, std::ostream* out);

/// Enrolled devices with a user, queues, results, certificates.
void fill(AllStorage& storage);

[[nodiscard]] const std::vector<Operation>& operations();
[[nodiscard]] const std::vector<Obstacle>& obstacles();
[[nodiscard]] const std::vector<Collision>& collisions();

/// All rows of all tables, times left out: two runs of the same differ in nothing else.
[[nodiscard]] std::string dump(Session& session);

} // namespace nanomdm::storage::mysql::test
