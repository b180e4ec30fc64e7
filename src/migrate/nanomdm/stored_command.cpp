// Commands and reports are checked by decoding them as if they had just come.
#include "migrate/nanomdm/stored_command.hpp"

#include "mdm/decode.hpp"
#include "plist/xml_writer.hpp"

#include <utility>

namespace nanomdm::migrate {

std::optional<ImportedCommand> stored_command(StoredFile file, const std::string& name, Findings& findings) {
    try {
        auto command = decode_command(std::move(file.bytes));
        if (command.uuid.str() == name) return ImportedCommand{std::move(command), file.modified_at};
        findings.lose_command(name, "it is stored under another name than its CommandUUID");
    } catch (const Error& error) {
        if (error.code() != Errc::invalid) throw;
        findings.lose_command(name, "it is empty, or no property list with a CommandUUID and a RequestType");
    }
    return std::nullopt;
}

std::optional<StoredResult> stored_result(const StoredFile& report,
                                          const std::optional<std::string>& status) {
    try {
        auto known =
            status && !status->empty() ? ReportStatus{*status} : decode_command_report(report.bytes).status;
        StoredResult result{std::move(known), report.bytes, 0, std::nullopt};
        if (result.status.str() == "NotNow") {
            // How often it was said is not stored.
            result.not_now_tally = 1;
            result.first_not_now_at = report.modified_at;
        }
        return result;
    } catch (const Error& error) {
        if (error.code() != Errc::invalid) throw;
        return std::nullopt;
    }
}

std::string made_report(const std::string& enrollment, const std::string& uuid, const std::string& status) {
    plist::XmlWriter report;
    report.begin_dict().key("CommandUUID").string(uuid).key("Status").string(status);
    return report.key("UDID").string(enrollment.substr(0, enrollment.find(':'))).finish();
}

} // namespace nanomdm::migrate
