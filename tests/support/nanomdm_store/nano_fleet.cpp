// Messages in XML, as devices send them.
#include "support/nanomdm_store/nano_fleet.hpp"

#include "plist/xml_writer.hpp"

namespace nanomdm::test {
namespace {

std::string numbered(const std::string& prefix, std::size_t number, std::size_t digits) {
    auto text = std::to_string(number);
    if (text.size() < digits) text.insert(0, digits - text.size(), '0');
    return prefix + text;
}

plist::XmlWriter message(const char* type, const std::string& udid) {
    plist::XmlWriter writer;
    writer.begin_dict().key("MessageType").string(type).key("UDID").string(udid);
    return writer;
}

NanoStore::TokenUpdateFacts push_facts(const std::string& id, plist::XmlWriter& writer) {
    NanoStore::TokenUpdateFacts facts{
        .raw = {}, .topic = nano_topic, .push_magic = "magic of " + id, .token = "token of " + id};
    writer.key("Topic")
        .string(facts.topic)
        .key("PushMagic")
        .string(facts.push_magic)
        .key("Token")
        .data(facts.token);
    return facts;
}

} // namespace

std::string nano_authenticate(const std::string& udid, const std::string& serial_number) {
    auto writer = message("Authenticate", udid);
    writer.key("SerialNumber").string(serial_number).key("Topic").string(nano_topic);
    return writer.finish();
}

NanoStore::TokenUpdateFacts nano_token_update(const std::string& udid, const std::string& unlock_token) {
    auto writer = message("TokenUpdate", udid);
    auto facts = push_facts(udid, writer);
    if (!unlock_token.empty()) writer.key("UnlockToken").data(unlock_token);
    facts.unlock_token = unlock_token;
    facts.raw = writer.finish();
    return facts;
}

NanoStore::TokenUpdateFacts nano_user_token_update(const std::string& udid, const std::string& user) {
    auto writer = message("TokenUpdate", udid);
    writer.key("UserID").string(user);
    writer.key("UserShortName").string("short " + user).key("UserLongName").string("long " + user);
    auto facts = push_facts(udid + ":" + user, writer);
    facts.type = "User";
    facts.device = udid;
    facts.raw = writer.finish();
    return facts;
}

std::string nano_user_authenticate(const std::string& udid, const std::string& user,
                                   const std::string& digest_response) {
    auto writer = message("UserAuthenticate", udid);
    writer.key("UserID").string(user);
    if (!digest_response.empty()) writer.key("DigestResponse").string(digest_response);
    return writer.finish();
}

std::string nano_command(const std::string& uuid, const std::string& request_type) {
    plist::XmlWriter writer;
    writer.begin_dict().key("Command").begin_dict().key("RequestType").string(request_type).end();
    return writer.key("CommandUUID").string(uuid).finish();
}

std::string nano_report(const std::string& udid, const std::string& uuid, const std::string& status) {
    plist::XmlWriter writer;
    writer.begin_dict().key("Status").string(status).key("UDID").string(udid);
    return writer.key("CommandUUID").string(uuid).finish();
}

std::string nano_hash(std::size_t number) { return numbered("", number, 64); }

void add_nano_device(NanoStore& store, const std::string& udid, const std::string& hash) {
    store.associate(udid, hash);
    store.authenticate(udid, nano_authenticate(udid), "C02NANO", {});
    store.token_update(udid, nano_token_update(udid));
}

std::string nano_fleet_udid(std::size_t number) { return numbered("00008103-", number, 16); }

void add_nano_fleet(NanoStore& store, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto udid = nano_fleet_udid(i);
        add_nano_device(store, udid, nano_hash(i));
        const auto done = numbered("done-", i, 8);
        store.enqueue(udid, done, nano_command(done));
        store.report(udid, done, "Acknowledged", nano_report(udid, done, "Acknowledged"));
        const auto pending = numbered("pending-", i, 8);
        store.enqueue(udid, pending, nano_command(pending));
    }
}

} // namespace nanomdm::test
