#include "migrate/push_certificate_import.hpp"

#include "crypto/push_certificate.hpp"
#include "nanomdm/error.hpp"

#include <chrono>
#include <optional>

namespace nanomdm::migrate {
namespace {

ParsedPushCertificate parsed(const PushCertificate& certificate) {
    return parse_push_certificate(certificate.certificate_pem + "\n" + certificate.private_key_pem);
}

/// nullopt: there is none, or none that could be used.
std::optional<ParsedPushCertificate> certificate_here(PushCertStore& store, const Topic& topic) {
    const auto here = store.push_certificate(topic);
    if (!here) return std::nullopt;
    try {
        return parsed(*here);
    } catch (const Error&) {
        return std::nullopt;
    }
}

} // namespace

void import_push_certificate(const PushCertificate& certificate, PushCertStore& store, ImportMode mode,
                             ImportReport& report) {
    constexpr auto kind = ImportKind::push_certificate;
    const auto& id = certificate.topic.str();
    std::optional<ParsedPushCertificate> coming;
    try {
        coming = parsed(certificate);
    } catch (const Error& error) {
        return report.skip({kind, id, error.what(), true});
    }
    if (coming->certificate.topic != certificate.topic)
        return report.skip({kind, id, "its topic is another one: " + coming->certificate.topic.str(), true});

    const auto here = certificate_here(store, certificate.topic);
    if (here && here->certificate.certificate_pem == coming->certificate.certificate_pem)
        return report.count(kind, ImportedAs::unchanged);
    if (here && here->not_after >= coming->not_after) {
        report.remark({kind, id, "another one is here that is valid longer; it stays"});
        return report.count(kind, ImportedAs::unchanged);
    }
    if (here) report.remark({kind, id, "takes the place of another one that was valid less long"});
    if (coming->not_after < std::chrono::system_clock::now())
        report.remark({kind, id, "has expired: nothing wakes a device until it is renewed"});
    if (mode == ImportMode::apply) store.store_push_certificate(coming->certificate);
    report.count(kind, here ? ImportedAs::updated : ImportedAs::imported);
}

} // namespace nanomdm::migrate
