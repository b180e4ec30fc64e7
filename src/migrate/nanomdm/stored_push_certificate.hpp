// A push certificate and its key as a store has them.
#pragma once

#include "migrate/import_source.hpp"
#include "migrate/nanomdm/directory.hpp"

#include <optional>
#include <string>

namespace nanomdm::migrate {

/// Gives the certificate to the sink, or says why not. A PEM file of another kind is passed over in silence
/// when it has no key and no topic's name.
/// @param topic that it is stored under
void give_push_certificate(const std::string& topic, const std::optional<StoredFile>& certificate,
                           const std::optional<StoredFile>& key, ImportSink& sink);

} // namespace nanomdm::migrate
