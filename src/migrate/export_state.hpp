// How far an export has come, in a file: an interrupted one goes on from there.
#pragma once

#include "nanomdm/mdm/enrollment.hpp"

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace nanomdm::migrate {

/// What matters is that no device's Authenticate is sent twice: at the target it clears the device's queue.
/// So what is done of the current page is appended line by line (which a killed process does not lose), and
/// with each page the file is replaced by a short one, flushed. Thread-safe.
class ExportState {
public:
    /// @param file empty: nothing is kept; @param url where the export goes
    /// @throws Error{Errc::conflict} when the file is of an export to elsewhere, Error{Errc::corrupt} when it
    /// is something else, Error{Errc::unavailable} when it cannot be read or written.
    ExportState(std::filesystem::path file, std::string url);
    ~ExportState();
    ExportState(const ExportState&) = delete;
    ExportState& operator=(const ExportState&) = delete;

    /// Every device has been tried, by a former run.
    [[nodiscard]] bool is_complete() const noexcept { return complete_; }
    /// The last device of the last page that was finished.
    [[nodiscard]] const std::optional<EnrollmentId>& after() const noexcept { return after_; }
    /// What the target did not take, devices and users.
    [[nodiscard]] std::vector<EnrollmentId> failed() const;

    /// It was brought over, or has failed, in the current page.
    [[nodiscard]] bool has_been_tried(const EnrollmentId& id) const;
    [[nodiscard]] bool has_authenticated(const EnrollmentId& device) const;

    /// The target has taken the device's Authenticate.
    void note_authenticated(const EnrollmentId& device);
    /// There is nothing left to bring over of it.
    void note_finished(const EnrollmentId& id);
    void note_failed(const EnrollmentId& id);

    /// All devices up to this one have been tried. Durable when it returns.
    void finish_page(const EnrollmentId& last);
    void finish_all();

private:
    void read(const std::string& text);
    [[nodiscard]] EnrollmentId enrollment_id(const std::string& text) const;
    void take_line(std::string_view word, const std::string& rest);
    void append(std::string_view word, const EnrollmentId& id);
    void replace();

    using Ids = std::unordered_set<EnrollmentId>;

    const std::filesystem::path file_;
    const std::string url_;
    mutable std::mutex mutex_;
    int descriptor_ = -1;
    bool complete_ = false;
    std::optional<EnrollmentId> after_;
    Ids authenticated_;
    Ids finished_; ///< of the current page
    Ids failed_;
};

} // namespace nanomdm::migrate
