#include "unit/storage_mysql/disturbed_operations.hpp"

#include "contract/samples.hpp"

#include <ostream>
#include <sstream>

namespace nanomdm::storage::mysql::test {
namespace {

using contract::device;

const Enrollment mac = device("MAC");
const Enrollment anna = contract::user_of(mac, "ANNA");
const Enrollment half_enrolled = device("HALF");
const Topic topic{"com.apple.mgmt.test"};

const std::string pem = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
const std::string key_pem = "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n";

std::string text(ClaimOutcome outcome) { return std::to_string(static_cast<int>(outcome)); }

Command known_command() { return contract::command("known"); }

const Operation authenticate{"Authenticate", [](AllStorage& storage) {
                                 storage.store_authenticate(contract::authenticate(mac, "<again>"), pem);
                                 return std::string{};
                             }};
const Operation token_update{
    "TokenUpdate", [](AllStorage& storage) {
        return std::to_string(storage.store_token_update(contract::token_update(mac, "<again>", "unlock")));
    }};
const Operation first_token_update{"FirstTokenUpdate", [](AllStorage& storage) {
                                       return std::to_string(
                                           storage.store_token_update(contract::token_update(half_enrolled)));
                                   }};
const Operation user_token_update{
    "UserTokenUpdate", [](AllStorage& storage) {
        return std::to_string(storage.store_token_update(contract::token_update(anna, "<again>")));
    }};
const Operation new_user{"FirstTokenUpdateOfAUser", [](AllStorage& storage) {
                             return std::to_string(storage.store_token_update(
                                 contract::token_update(contract::user_of(mac, "BOB"))));
                         }};
const Operation check_out{"CheckOut", [](AllStorage& storage) {
                              storage.store_check_out(contract::check_out(mac));
                              return std::string{};
                          }};
const Operation user_authenticate{"UserAuthenticate", [](AllStorage& storage) {
                                      storage.store_user_authenticate(
                                          contract::user_authenticate(anna, "<digest>", "digest"));
                                      return std::string{};
                                  }};
const Operation first_user_authenticate{"FirstUserAuthenticate", [](AllStorage& storage) {
                                            storage.store_user_authenticate(contract::user_authenticate(
                                                contract::user_of(mac, "BOB"), "<first>", ""));
                                            return std::string{};
                                        }};
const Operation bootstrap_token{"BootstrapToken", [](AllStorage& storage) {
                                    storage.store_bootstrap_token(
                                        contract::set_bootstrap_token(mac, "another token"));
                                    return std::string{};
                                }};
const Operation claim{"Claim", [](AllStorage& storage) {
                          return text(storage.claim_certificate(mac.id, contract::certificate_hash(7),
                                                                ClaimRule::unknown_certificate));
                      }};
const Operation renew{"Renew", [](AllStorage& storage) {
                          return text(storage.renew_certificate(mac.id, contract::certificate(8)));
                      }};
const Operation enqueue{"Enqueue", [](AllStorage& storage) {
                            std::string outcomes;
                            for (const auto one : storage.enqueue(
                                     contract::command("new"),
                                     std::vector{mac.id, anna.id, half_enrolled.id, EnrollmentId{"NOBODY"}}))
                                outcomes += std::to_string(static_cast<int>(one));
                            return outcomes;
                        }};
const Operation enqueue_known{
    "EnqueueToOneMore", [](AllStorage& storage) {
        return std::to_string(static_cast<int>(storage.enqueue(known_command(), std::vector{mac.id}).at(0)));
    }};
const Operation acknowledge{"Acknowledge", [](AllStorage& storage) {
                                return std::to_string(static_cast<int>(storage.store_report(
                                    contract::command_report(mac, "Acknowledged", "pending", "<done>"))));
                            }};
const Operation acknowledge_later{"AcknowledgeAfterNotNow", [](AllStorage& storage) {
                                      return std::to_string(static_cast<int>(storage.store_report(
                                          contract::command_report(mac, "Acknowledged", "later", "<done>"))));
                                  }};
const Operation not_now{"NotNow", [](AllStorage& storage) {
                            return std::to_string(static_cast<int>(storage.store_report(
                                contract::command_report(mac, "NotNow", "later", "<again not now>"))));
                        }};
const Operation dead_token{"DeadToken", [](AllStorage& storage) {
                               storage.mark_not_pushable(
                                   std::vector{DeadToken{mac.id, contract::token_update(mac).push.token},
                                               DeadToken{anna.id, contract::token_update(anna).push.token}});
                               return std::string{};
                           }};
const Operation push_certificate{"PushCertificate", [](AllStorage& storage) {
                                     storage.store_push_certificate({topic, pem + pem, key_pem});
                                     return std::string{};
                                 }};

// The same as the webhook wants them.

template <class AnyMessage> AnyMessage with_event(AnyMessage message) {
    message.event = EventStamp{.id = "event", .created_at = TimePoint{std::chrono::seconds{1'700'000'000}}};
    return message;
}

const Operation authenticate_told{"AuthenticateWithEvent", [](AllStorage& storage) {
                                      storage.store_authenticate(
                                          with_event(contract::authenticate(mac, "<again>")), pem);
                                      return std::string{};
                                  }};
const Operation token_update_told{
    "TokenUpdateWithEvent", [](AllStorage& storage) {
        return std::to_string(storage.store_token_update(with_event(contract::token_update(mac, "<again>"))));
    }};
const Operation new_user_told{"FirstTokenUpdateOfAUserWithEvent", [](AllStorage& storage) {
                                  return std::to_string(storage.store_token_update(
                                      with_event(contract::token_update(contract::user_of(mac, "BOB")))));
                              }};
const Operation check_out_told{"CheckOutWithEvent", [](AllStorage& storage) {
                                   storage.store_check_out(with_event(contract::check_out(mac)));
                                   return std::string{};
                               }};
const Operation user_authenticate_told{
    "UserAuthenticateWithEvent", [](AllStorage& storage) {
        storage.store_user_authenticate(with_event(contract::user_authenticate(anna, "<digest>", "digest")));
        return std::string{};
    }};
const Operation bootstrap_token_told{"BootstrapTokenWithEvent", [](AllStorage& storage) {
                                         storage.store_bootstrap_token(
                                             with_event(contract::set_bootstrap_token(mac, "another token")));
                                         return std::string{};
                                     }};

Operation report_told(const std::string& name, const std::string& status, const std::string& uuid) {
    return {name, [=](AllStorage& storage) {
                return std::to_string(static_cast<int>(storage.store_report(
                    with_event(contract::command_report(mac, status, uuid, "<report>")))));
            }};
}
const Operation acknowledge_told = report_told("AcknowledgeWithEvent", "Acknowledged", "pending");
const Operation not_now_told = report_told("NotNowWithEvent", "NotNow", "later");
const Operation unknown_told = report_told("UnknownCommandWithEvent", "Error", "unknown");

std::string row(const std::string& table, const std::string& condition) {
    return "SELECT 1 FROM " + table + " WHERE " + condition + " FOR UPDATE";
}
const std::string mac_device = row("devices", "id = 'MAC'");
const std::string mac_enrollment = row("enrollments", "id = 'MAC'");

std::string queue_row(const std::string& uuid) {
    return row("enrollment_queue", "id = 'MAC' AND command_uuid = '" + uuid + "'");
}
std::string result_row(const std::string& uuid) {
    return row("command_results", "id = 'MAC' AND command_uuid = '" + uuid + "'");
}
std::string lane_row(const std::string& id) {
    return row("nanomdm_outbox_queue", "id = '" + id + "' AND sequence = 0");
}
/// A row that the operation will want to insert, too.
std::string certificate_owner(unsigned number) {
    return "INSERT INTO nanomdm_certificate_owners (sha256, id) VALUES ('" +
           contract::certificate_hash(number) + "', 'OTHER')";
}

} // namespace

void PrintTo(const Obstacle& obstacle, std::ostream* out) { *out << obstacle.operation.name; }
void PrintTo(const Collision& collision, std::ostream* out) { *out << collision.operation.name; }

void fill(AllStorage& storage) {
    storage.store_authenticate(contract::authenticate(mac), pem);
    storage.store_token_update(contract::token_update(mac));
    storage.store_token_update(contract::token_update(anna));
    storage.store_authenticate(contract::authenticate(half_enrolled), "");
    storage.store_bootstrap_token(with_event(contract::set_bootstrap_token(mac, "token")));
    storage.store_check_out(with_event(contract::check_out(anna)));
    storage.store_token_update(contract::token_update(anna));
    storage.claim_certificate(mac.id, contract::certificate_hash(1), ClaimRule::unknown_certificate);
    storage.store_push_certificate({topic, pem, key_pem});
    for (const auto* uuid : {"finished", "later", "pending"})
        storage.enqueue(contract::command(uuid), std::vector{mac.id});
    storage.enqueue(known_command(), std::vector{anna.id});
    storage.store_report(contract::command_report(mac, "Acknowledged", "finished", "<done>"));
    storage.store_report(contract::command_report(mac, "NotNow", "later", "<not now>"));
}

const std::vector<Operation>& operations() {
    static const std::vector<Operation> all{authenticate,
                                            token_update,
                                            first_token_update,
                                            user_token_update,
                                            new_user,
                                            check_out,
                                            first_user_authenticate,
                                            user_authenticate,
                                            bootstrap_token,
                                            claim,
                                            renew,
                                            enqueue,
                                            enqueue_known,
                                            acknowledge,
                                            acknowledge_later,
                                            not_now,
                                            dead_token,
                                            push_certificate,
                                            authenticate_told,
                                            token_update_told,
                                            new_user_told,
                                            check_out_told,
                                            user_authenticate_told,
                                            bootstrap_token_told,
                                            acknowledge_told,
                                            not_now_told,
                                            unknown_told};
    return all;
}

const std::vector<Obstacle>& obstacles() {
    static const std::vector<Obstacle> all{
        {"Devices", mac_device, authenticate},
        {"Enrollments", mac_enrollment, authenticate},
        {"UsersEnrollment", row("enrollments", "id = 'MAC:ANNA'"), authenticate},
        {"Queue", queue_row("pending"), authenticate},
        {"Devices", mac_device, token_update},
        {"Enrollments", mac_enrollment, token_update},
        {"Devices", row("devices", "id = 'HALF'"), first_token_update},
        {"Users", row("users", "id = 'MAC:ANNA'"), user_token_update},
        {"Enrollments", row("enrollments", "id = 'MAC:ANNA'"), user_token_update},
        {"Devices", mac_device, new_user},
        {"Enrollments", mac_enrollment, check_out},
        {"Devices", mac_device, first_user_authenticate},
        {"Users", row("users", "id = 'MAC:ANNA'"), user_authenticate},
        {"Devices", mac_device, bootstrap_token},
        {"Owners", certificate_owner(7), claim},
        {"Associations",
         "INSERT INTO cert_auth_associations (id, sha256) VALUES ('MAC', '" + contract::certificate_hash(7) +
             "')",
         claim},
        {"Devices", mac_device, renew},
        {"Owners", certificate_owner(8), renew},
        {"Enrollments", mac_enrollment, enqueue},
        {"Counters", row("nanomdm_queue_counters", "id = 'MAC:ANNA'"), enqueue},
        {"Commands",
         "INSERT INTO commands (command_uuid, request_type, command) VALUES ('new', 'T', '<?xml')", enqueue},
        {"Commands", row("commands", "command_uuid = 'known'"), enqueue_known},
        {"Queue", "INSERT INTO enrollment_queue (id, command_uuid) VALUES ('MAC', 'known')", enqueue_known},
        {"Enrollments", mac_enrollment, acknowledge},
        {"Queue", queue_row("pending"), acknowledge},
        {"Results", result_row("later"), acknowledge_later},
        {"Queue", queue_row("later"), acknowledge_later},
        {"Results", result_row("later"), not_now},
        {"Enrollments", row("enrollments", "id = 'MAC:ANNA'"), dead_token},
        {"PushCertificates", row("push_certs", "topic = 'com.apple.mgmt.test'"), push_certificate},
        {"Outbox", lane_row("MAC"), authenticate_told},
        {"Outbox", lane_row("MAC"), token_update_told},
        {"Outbox",
         "INSERT INTO nanomdm_outbox_queue (id, sequence, state, at) VALUES ('MAC:BOB', 0, 0, NOW())",
         new_user_told},
        {"Outbox", lane_row("MAC"), check_out_told},
        {"Outbox", lane_row("MAC:ANNA"), user_authenticate_told},
        {"Outbox", lane_row("MAC"), bootstrap_token_told},
        {"Outbox", lane_row("MAC"), acknowledge_told},
        {"Outbox", lane_row("MAC"), not_now_told},
        {"Outbox", lane_row("MAC"), unknown_told},
    };
    return all;
}

const std::vector<Collision>& collisions() {
    static const std::vector<Collision> all{
        {mac_enrollment, mac_device, authenticate},
        {queue_row("pending"), mac_device, authenticate},
        {mac_enrollment, mac_device, token_update},
        {row("nanomdm_queue_counters", "id = 'MAC:ANNA'"), mac_enrollment, enqueue},
        {result_row("later"), queue_row("later"), acknowledge_later},
        {certificate_owner(8), mac_device, renew},
        {lane_row("MAC"), mac_device, authenticate_told},
        {lane_row("MAC"), queue_row("pending"), acknowledge_told},
    };
    return all;
}

std::string dump(Session& session) {
    std::ostringstream out;
    std::vector<std::pair<std::string, std::string>> columns; // by table
    {
        auto rows = session.query(
            "SELECT c.table_name, GROUP_CONCAT(CONCAT('`', c.column_name, '`') ORDER BY c.ordinal_position) "
            "FROM "
            "information_schema.columns c JOIN information_schema.tables t ON t.table_schema = "
            "c.table_schema "
            "AND t.table_name = c.table_name WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE "
            "TABLE' "
            "AND c.table_name NOT LIKE 'nanomdm_schema%' AND c.data_type NOT IN ('timestamp', 'datetime') "
            "GROUP BY c.table_name ORDER BY c.table_name");
        while (rows.next()) columns.emplace_back(rows.text(0), rows.text(1));
    }
    for (const auto& [table, names] : columns) {
        out << table << ": " << names << '\n';
        auto rows = session.query("SELECT " + names + " FROM `" + table + "` ORDER BY 1, 2");
        while (rows.next()) {
            for (unsigned column = 0; column < rows.columns(); ++column)
                out << (rows.null(column) ? "NULL" : rows.text(column)) << '\t';
            out << '\n';
        }
    }
    return out.str();
}

} // namespace nanomdm::storage::mysql::test
