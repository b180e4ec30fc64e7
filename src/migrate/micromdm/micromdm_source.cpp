#include "migrate/micromdm/micromdm_source.hpp"

#include "crypto/pem.hpp"
#include "crypto/push_certificate.hpp"
#include "log/log.hpp"
#include "migrate/bolt/database.hpp"
#include "migrate/micromdm/reading.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <chrono>

namespace nanomdm::migrate {
namespace {

TimePoint changed_at(const std::filesystem::path& path) {
    std::error_code error;
    const auto time = std::filesystem::last_write_time(path, error);
    const auto now = std::chrono::system_clock::now();
    return error ? now : std::min(now, std::chrono::file_clock::to_sys(time));
}

} // namespace

struct MicroMdmSource::Opened {
    explicit Opened(const std::filesystem::path& path)
        : name{path.string()}, changed_at{migrate::changed_at(path)}, database{path}, buckets{database} {}

    const std::string name;
    const TimePoint changed_at;
    const bolt::Database database;
    const micromdm::Buckets buckets;
};

MicroMdmSource::MicroMdmSource(const std::filesystem::path& path) : opened_{std::make_unique<Opened>(path)} {
    if (!opened_->buckets.devices)
        throw Error{Errc::corrupt,
                    opened_->name + " is a Bolt database, and not MicroMDM's: it has no bucket mdm.Devices"};
    if (const auto& bad = opened_->database.bad_meta(); !bad.empty())
        log::warning("MicroMDM was interrupted while it wrote; what it confirmed before is there",
                     {{"file", opened_->name}, {"damage", bad}});
}

MicroMdmSource::~MicroMdmSource() = default;

void MicroMdmSource::read(ImportSink& sink) {
    micromdm::Reading{opened_->buckets, opened_->changed_at, sink}.run();
}

std::optional<std::string> MicroMdmSource::scep_ca() {
    const auto& scep = opened_->buckets.scep;
    const auto der = scep ? scep->get("ca_certificate") : std::nullopt;
    if (!der) return std::nullopt;
    auto pem = crypto::write_pem("CERTIFICATE", *der);
    try {
        static_cast<void>(certificate_not_after(pem));
    } catch (const Error& error) {
        throw Error{Errc::corrupt, opened_->name + ": the CA of the built-in SCEP: " + error.what()};
    }
    return pem;
}

} // namespace nanomdm::migrate
