// Devices, users and commands to fill a store of NanoMDM with, with the messages that go with them.
#pragma once

#include "support/nanomdm_store/nano_store.hpp"

#include <cstddef>
#include <string>

namespace nanomdm::test {

/// Messages whose facts are made from the ID.
[[nodiscard]] std::string nano_authenticate(const std::string& udid,
                                            const std::string& serial_number = "C02NANO");
[[nodiscard]] NanoStore::TokenUpdateFacts nano_token_update(const std::string& udid,
                                                            const std::string& unlock_token = {});
/// Of a user channel of a Mac, ID `UDID:USER`.
[[nodiscard]] NanoStore::TokenUpdateFacts nano_user_token_update(const std::string& udid,
                                                                 const std::string& user);
[[nodiscard]] std::string nano_user_authenticate(const std::string& udid, const std::string& user,
                                                 const std::string& digest_response = {});
[[nodiscard]] std::string nano_command(const std::string& uuid,
                                       const std::string& request_type = "DeviceInformation");
[[nodiscard]] std::string nano_report(const std::string& udid, const std::string& uuid,
                                      const std::string& status);
/// A certificate hash, another one for each number.
[[nodiscard]] std::string nano_hash(std::size_t number);

/// The topic of nano_token_update.
inline constexpr const char* nano_topic = "com.apple.mgmt.External.11111111-2222-3333-4444-555555555555";

/// An enrolled device with one associated certificate.
void add_nano_device(NanoStore& store, const std::string& udid, const std::string& hash);

/// `count` enrolled devices with a certificate each, a pending command and a finished one. Their UDIDs
/// begin with the same characters, as those of one model do.
void add_nano_fleet(NanoStore& store, std::size_t count);
[[nodiscard]] std::string nano_fleet_udid(std::size_t number);

} // namespace nanomdm::test
