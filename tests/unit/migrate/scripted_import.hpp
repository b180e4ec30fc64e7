// Both ends of an import, scripted: a source that gives what it is told, a storage that notes what it gets.
#pragma once

#include "migrate/import_source.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace nanomdm::migrate {

class ScriptedSource final : public ImportSource {
public:
    using Step = std::function<void(ImportSink&)>;

    explicit ScriptedSource(Step script) : script_{std::move(script)} {}

    void read(ImportSink& sink) override { script_(sink); }
    std::optional<std::string> scep_ca() override { return std::nullopt; }

private:
    Step script_;
};

/// Each call as it came.
struct TakenBatch {
    std::vector<ImportedEnrollment> enrollments;
    ImportMode mode;
    std::thread::id thread;
};

class RecordingImportStore final : public ImportStore {
public:
    std::vector<ImportOutcome> import_enrollments(std::span<const ImportedEnrollment> enrollments,
                                                  ImportMode mode) override {
        if (before) before(enrollments);
        const std::lock_guard lock{mutex_};
        batches_.push_back({{enrollments.begin(), enrollments.end()}, mode, std::this_thread::get_id()});
        std::vector<ImportOutcome> answers;
        for (const auto& enrollment : enrollments) {
            const auto found = outcomes.find(enrollment.state.enrollment.id.str());
            answers.push_back(found != outcomes.end()
                                  ? found->second
                                  : ImportOutcome{.enrollment = ImportOutcome::Enrollment::imported});
        }
        return answers;
    }
    /// Of calls that have ended.
    [[nodiscard]] std::vector<TakenBatch> batches() const {
        const std::lock_guard lock{mutex_};
        return batches_;
    }
    /// The enrollments by ID.
    [[nodiscard]] std::map<std::string, ImportedEnrollment> taken() const {
        std::map<std::string, ImportedEnrollment> all;
        for (auto& batch : batches())
            for (auto& one : batch.enrollments) all.emplace(one.state.enrollment.id.str(), one);
        return all;
    }

    std::map<std::string, ImportOutcome> outcomes; ///< by ID; the others are imported
    std::function<void(std::span<const ImportedEnrollment>)> before;

private:
    mutable std::mutex mutex_;
    std::vector<TakenBatch> batches_;
};

} // namespace nanomdm::migrate
