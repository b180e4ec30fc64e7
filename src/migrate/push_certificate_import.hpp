// A push certificate of another server beside the one that is here.
#pragma once

#include "migrate/import_report.hpp"
#include "nanomdm/storage/push_store.hpp"

namespace nanomdm::migrate {

/// Where there is none for its topic, it is stored. Of two different ones the one that is valid longer stays:
/// the other was renewed. One that cannot be read is reported.
/// @throws Error when the storage fails.
void import_push_certificate(const PushCertificate& certificate, PushCertStore& store, ImportMode mode,
                             ImportReport& report);

} // namespace nanomdm::migrate
