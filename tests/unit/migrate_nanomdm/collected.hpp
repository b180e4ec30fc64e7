// An ImportSink that keeps all it is given, to be asked by ID.
#pragma once

#include "migrate/import_source.hpp"
#include "support/nanomdm_store/nano_store.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace nanomdm::migrate {

class Collected final : public ImportSink {
public:
    void expect(std::uint64_t count) override { expected = count; }
    void take(PushCertificate certificate) override { push_certificates.push_back(std::move(certificate)); }
    void take(ImportedEnrollment enrollment) override { enrollments.push_back(std::move(enrollment)); }
    void skip(Skipped skipped) override { skips.push_back(std::move(skipped)); }
    void remark(Remark remark) override { remarks.push_back(std::move(remark)); }

    [[nodiscard]] bool has(const std::string& id) const;
    /// Fails the test and gives an empty one when it is not there.
    [[nodiscard]] const ImportedEnrollment& operator[](const std::string& id) const;
    [[nodiscard]] std::vector<std::string> ids() const;
    [[nodiscard]] std::vector<std::string> remarks_on(const std::string& id) const;
    /// "reason", with "!" in front when it is a failure.
    [[nodiscard]] std::vector<std::string> skips_of(const std::string& id) const;

    /// All of it as text, for comparing two readings.
    [[nodiscard]] std::string text() const;

    std::uint64_t expected = 0;
    std::vector<PushCertificate> push_certificates;
    std::vector<ImportedEnrollment> enrollments;
    std::vector<Skipped> skips;
    std::vector<Remark> remarks;
};

[[nodiscard]] std::unique_ptr<ImportSource> open_source(test::NanoKind kind,
                                                        const std::filesystem::path& directory);
[[nodiscard]] Collected read_all(ImportSource& source);
[[nodiscard]] Collected read_all(test::NanoKind kind, const std::filesystem::path& directory);

/// "UUID", with "+STATUS" for a result and "-" in front when cleared; in order.
[[nodiscard]] std::vector<std::string> queue_of(const ImportedEnrollment& enrollment);

} // namespace nanomdm::migrate
