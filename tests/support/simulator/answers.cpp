// Results as devices send them: right in shape, made up in content.
#include "support/simulator/device.hpp"

#include <tuple>
#include <utility>

namespace nanomdm::sim {
namespace {

Dict device_information(const Device& device, const DeviceProfile& profile) {
    Dict query;
    query.string("UDID", device.channel().udid)
        .string("DeviceName", profile.device_name)
        .string("OSVersion", profile.os_version)
        .string("BuildVersion", profile.build_version)
        .string("Model", profile.model)
        .string("ModelName", profile.product_name)
        .string("ProductName", profile.model)
        .string("SerialNumber", profile.serial_number)
        .real("DeviceCapacity", 494.384795)
        .real("AvailableDeviceCapacity", 212.5)
        .boolean("IsSupervised", true)
        .boolean("IsActivationLockEnabled", false)
        .string("WiFiMAC", "a4:83:e7:00:00:01")
        .string("HostName", "simulated-mac.local");
    return Dict{}.dict("QueryResponses", query);
}

Dict installed_applications() {
    std::vector<Dict> applications;
    for (const auto& [identifier, name, version] :
         {std::tuple{"com.apple.Safari", "Safari", "17.6"}, std::tuple{"com.apple.dt.Xcode", "Xcode", "15.4"},
          std::tuple{"org.mozilla.firefox", "Firefox", "129.0.1"},
          std::tuple{"us.zoom.xos", "zoom.us", "6.1.6"}}) {
        applications.push_back(Dict{}
                                   .string("Identifier", identifier)
                                   .string("Name", name)
                                   .string("ShortVersion", version)
                                   .string("Version", version)
                                   .integer("BundleSize", 187'654'321)
                                   .boolean("Installing", false));
    }
    return Dict{}.array("InstalledApplicationList", applications);
}

Dict security_information() {
    Dict security;
    security.boolean("FDE_Enabled", true)
        .boolean("FDE_HasPersonalRecoveryKey", true)
        .boolean("SystemIntegrityProtectionEnabled", true)
        .boolean("FirewallEnabled", true);
    return Dict{}.dict("SecurityInfo", security);
}

Dict certificates(const Device& device) {
    const Dict identity = Dict{}
                              .string("CommonName", "MDM identity")
                              .boolean("IsIdentity", true)
                              .bytes("Data", device.identity().certificate_der());
    return Dict{}.array("CertificateList", {identity});
}

Dict profiles(const DeviceProfile& profile) {
    const Dict payload = Dict{}
                             .string("PayloadIdentifier", "org.example.mdm")
                             .string("PayloadDisplayName", "MDM " + profile.topic)
                             .string("PayloadType", "com.apple.mdm")
                             .integer("PayloadVersion", 1);
    return Dict{}.array("ProfileList", {payload});
}

Dict error_chain() {
    const Dict error = Dict{}
                           .integer("ErrorCode", 12021)
                           .string("ErrorDomain", "MCMDMErrorDomain")
                           .string("LocalizedDescription", "The simulator was told to fail.")
                           .string("USEnglishDescription", "The simulator was told to fail.");
    return Dict{}.array("ErrorChain", {error});
}

} // namespace

Dict plausible_results(const ReceivedCommand& command, const Device& device, const DeviceProfile& profile) {
    if (command.request_type == "DeviceInformation") return device_information(device, profile);
    if (command.request_type == "InstalledApplicationList") return installed_applications();
    if (command.request_type == "SecurityInfo") return security_information();
    if (command.request_type == "CertificateList") return certificates(device);
    if (command.request_type == "ProfileList") return profiles(profile);
    return {};
}

Answering answer_with(Device& device, std::string status,
                      std::map<std::string, std::string> by_request_type) {
    return [&device, status = std::move(status),
            by_type = std::move(by_request_type)](const ReceivedCommand& command) {
        const auto own = by_type.find(command.request_type);
        Answer answer;
        answer.status = own == by_type.end() ? status : own->second;
        if (answer.status == "Acknowledged")
            answer.results = plausible_results(command, device, device.profile());
        else if (answer.status != "NotNow")
            answer.results = error_chain();
        return answer;
    };
}

} // namespace nanomdm::sim
