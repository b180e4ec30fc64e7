// Keeps what a source gives, and the scene of a test that makes a database and reads it.
#pragma once

#include "migrate/import_source.hpp"
#include "migrate/micromdm/micromdm_source.hpp"
#include "support/bolt/micromdm_database.hpp"
#include "support/process/temp_dir.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace nanomdm::migrate {

class RecordingSink final : public ImportSink {
public:
    void expect(std::uint64_t number) override { expected = number; }
    void take(PushCertificate certificate) override { certificates.push_back(std::move(certificate)); }
    void take(ImportedEnrollment enrollment) override { enrollments.push_back(std::move(enrollment)); }
    void skip(Skipped what) override { skipped.push_back(std::move(what)); }
    void remark(Remark what) override { remarks.push_back(std::move(what)); }

    /// nullptr when it did not come.
    [[nodiscard]] const ImportedEnrollment* find(const std::string& id) const;
    /// "device ID: why", with an exclamation mark before it for a failure.
    [[nodiscard]] std::vector<std::string> reasons() const;
    [[nodiscard]] std::vector<std::string> ids() const;

    std::uint64_t expected = 0;
    std::vector<PushCertificate> certificates;
    std::vector<ImportedEnrollment> enrollments;
    std::vector<Skipped> skipped;
    std::vector<Remark> remarks;
};

class MicroMdm : public testing::Test {
protected:
    MicroMdm() { database_.put("mdm.ServerConfig", "config", {}); }

    /// Writes the database and reads it.
    RecordingSink read(const test::BoltShape& shape = {}) const;
    /// What is skipped besides the push certificate, which these databases do not have.
    static std::vector<std::string> reasons(const RecordingSink& sink);

    test::TempDir folder_;
    const std::filesystem::path path_ = folder_ / "micromdm.db";
    test::MicroMdmDatabase database_;
};

constexpr auto mac = "66ADE930-5FDF-5EC4-8429-15640684C489";
constexpr auto ipad = "00008030-001C2D8E0A83802E";

} // namespace nanomdm::migrate
