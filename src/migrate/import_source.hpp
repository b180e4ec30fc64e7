// Where a fleet comes from: what each of the other servers' stores is read by, and what it is given to.
#pragma once

#include "nanomdm/storage/import_store.hpp"
#include "nanomdm/storage/push_store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace nanomdm::migrate {

/// What kind of thing a report counts.
enum class ImportKind { device, user, command, certificate_association, bootstrap_token, push_certificate };

/// Something that does not come over.
struct Skipped {
    ImportKind kind = ImportKind::device;
    std::string id;     ///< as the source names it; not checked
    std::string reason; ///< one line, the same for the same cause: a report groups by it
    /// It should have come over but cannot; false: there is nothing to bring over (not enrolled, removed, …).
    bool is_failure = false;
};

/// Something that came over and needs a look.
struct Remark {
    ImportKind kind = ImportKind::device;
    std::string id;
    std::string text; ///< one line, the same for the same cause
};

/// Takes what a source finds. Called by one thread; may block while the storage is behind.
class ImportSink {
public:
    virtual ~ImportSink() = default;

    /// How many enrollments there will be, for the progress line, as soon as the source knows.
    virtual void expect(std::uint64_t enrollments) = 0;
    virtual void take(PushCertificate certificate) = 0;
    /// A device before its users.
    virtual void take(ImportedEnrollment enrollment) = 0;
    virtual void skip(Skipped skipped) = 0;
    virtual void remark(Remark remark) = 0;
};

/// One store of another server. Opened by a constructor, which refuses what is not such a store; reads only.
class ImportSource {
public:
    virtual ~ImportSource() = default;

    /// Gives everything to the sink, in an order that is the same each time. Memory does not grow with the
    /// store. One damaged record is skipped; a damaged store is an error before anything was given.
    /// @throws Error{Errc::corrupt}, Error{Errc::unavailable}, and what the sink throws.
    virtual void read(ImportSink& sink) = 0;

    /// The CA of the other server's built-in SCEP, PEM; nullopt when it has none.
    [[nodiscard]] virtual std::optional<std::string> scep_ca() = 0;
};

} // namespace nanomdm::migrate
