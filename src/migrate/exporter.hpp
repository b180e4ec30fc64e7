// Sends a fleet to another server, message by message, as its devices would.
#pragma once

#include "migrate/export_state.hpp"
#include "migrate/export_tally.hpp"
#include "migrate/target.hpp"
#include "nanomdm/storage/checkin_store.hpp"
#include "nanomdm/storage/fleet_reader.hpp"

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>

namespace nanomdm::migrate {

/// Where the fleet comes from: three roles of one storage.
struct ExportSource {
    FleetReader& fleet;
    EnrollmentStore& enrollments;
    BootstrapTokenStore& bootstrap_tokens;
};

struct ExporterOptions {
    unsigned connections = 8; ///< devices under way at once
    std::size_t page = 256;   ///< devices between two marks in the state's file
};

/// For each device its Authenticate, its TokenUpdate with the unlock token, its bootstrap token, then its
/// users' TokenUpdates, one after the other. What is disabled is left out: its TokenUpdate would enable it.
class Exporter {
public:
    Exporter(ExportSource source, Target& target, ExportState& state, ExportTally& tally,
             ExporterOptions options = {})
        : source_{source}, target_{target}, state_{state}, tally_{tally}, options_{options} {}

    /// Goes on where the state ends; first tries again what failed in a former run. What the target refuses
    /// is logged, counted and noted, and the others go on. Blocking, with threads of its own meanwhile.
    /// @throws Error when the target, the source or the state's file fails as a whole.
    void run();

private:
    void retry_failed();
    void for_each_number(std::size_t count, const std::function<void(std::size_t)>& work);
    void export_one(const EnrollmentState& enrollment);
    void export_device(const EnrollmentState& device);
    [[nodiscard]] bool send_device(const EnrollmentState& device);
    [[nodiscard]] bool send_bootstrap_token(const Enrollment& device);
    void export_user(const EnrollmentState& user);
    [[nodiscard]] bool send(const char* type, const EnrollmentId& id, const std::string& message);
    void fail(const EnrollmentId& id, const char* message, const std::string& why);

    const ExportSource source_;
    Target& target_;
    ExportState& state_;
    ExportTally& tally_;
    const ExporterOptions options_;
    std::stop_source stop_; ///< for the pauses between tries, when another thread has failed
};

} // namespace nanomdm::migrate
