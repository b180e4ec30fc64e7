// Which identity certificate belongs to which device.
#include "crypto/digest.hpp"
#include "storage/mysql/failure.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/pem_column.hpp"
#include "storage/mysql/row_key.hpp"

namespace nanomdm::storage {
namespace {

using mysql::Failure;
using mysql::FailureKind;
using mysql::RowKey;
using mysql::Session;

constexpr std::string_view select_association =
    "SELECT 1 FROM cert_auth_associations WHERE id = ? AND sha256 = ?";

/// The owner first. NanoMDM beside this server associates without naming one. Parameters: hash, hash.
constexpr std::string_view select_device = R"(
SELECT a.id FROM cert_auth_associations AS a
WHERE a.sha256 = ?
ORDER BY EXISTS(SELECT 1 FROM nanomdm_certificate_owners AS o WHERE o.sha256 = ? AND o.id = a.id) DESC, a.id
LIMIT 1)";

/// Of a device and a hash, all that a claim is decided by. Parameters: id, hash; hash; hash, id; id.
constexpr std::string_view select_standing = R"(
SELECT EXISTS(SELECT 1 FROM cert_auth_associations WHERE id = ? AND sha256 = ?),
       (SELECT id FROM nanomdm_certificate_owners WHERE sha256 = ?),
       EXISTS(SELECT 1 FROM cert_auth_associations WHERE sha256 = ? AND id <> ?),
       EXISTS(SELECT 1 FROM cert_auth_associations WHERE id = ?))";

constexpr std::string_view insert_association = R"(
INSERT INTO cert_auth_associations (id, sha256, created_at, updated_at)
VALUES (?, ?, UTC_TIMESTAMP(), UTC_TIMESTAMP()))";

/// The primary key is the hash: of those who insert it at once, from whichever process, one succeeds.
constexpr std::string_view insert_owner =
    "INSERT INTO nanomdm_certificate_owners (sha256, id, created_at) VALUES (?, ?, UTC_TIMESTAMP())";
/// The same in one step for a certificate that nobody has: what NanoMDM associated has no owner perhaps.
constexpr std::string_view insert_owner_of_unknown = R"(
INSERT INTO nanomdm_certificate_owners (sha256, id, created_at)
SELECT ?, ?, UTC_TIMESTAMP() FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM cert_auth_associations WHERE sha256 = ?))";
constexpr std::string_view select_owner = "SELECT id FROM nanomdm_certificate_owners WHERE sha256 = ?";
constexpr std::string_view replace_owner = R"(
UPDATE nanomdm_certificate_owners SET id = ?, created_at = UTC_TIMESTAMP() WHERE sha256 = ? AND id = ?)";

/// Holds back every other first claim of the device until this one is committed.
constexpr std::string_view await_turn = R"(
INSERT INTO nanomdm_certificate_owners (sha256, id, created_at) VALUES (?, ?, UTC_TIMESTAMP())
ON DUPLICATE KEY UPDATE created_at = UTC_TIMESTAMP())";

constexpr std::string_view lock_device = "SELECT 1 FROM devices WHERE id = ? FOR UPDATE";
constexpr std::string_view select_identity = "SELECT identity_cert FROM devices WHERE id = ?";
constexpr std::string_view update_identity =
    "UPDATE devices SET identity_cert = ?, updated_at = UTC_TIMESTAMP() WHERE id = ?";

struct Standing {
    bool associated = false;
    std::optional<std::string> owner; ///< the key of the device that has claimed the hash
    bool of_another_device = false;
    bool device_has_one = false;
};

/// @return false when it inserted nothing, because the row is there already or its conditions do not hold.
bool insert_once(Session& session, std::string_view insert, std::initializer_list<mysql::Parameter> values) {
    try {
        return session.execute(insert, values) > 0;
    } catch (const Failure& failure) {
        if (failure.kind() != FailureKind::duplicate_key) throw;
        return false;
    }
}

/// One claim, within a transaction.
class Claim {
public:
    Claim(Session& session, const EnrollmentId& device, const std::string& hash)
        : session_{session}, device_{device}, hash_{hash} {}

    ClaimOutcome decide(ClaimRule rule) {
        if (rule == ClaimRule::unknown_certificate &&
            insert_once(session_, insert_owner_of_unknown, {hash(), device_, hash()}))
            return add_association();

        Standing standing = look();
        if (rule == ClaimRule::first_certificate && is_free(standing) && !standing.device_has_one) {
            session_.execute(await_turn, {turn(), device_});
            standing = look();
        }
        if (standing.associated) return ClaimOutcome::already_associated;
        if (rule == ClaimRule::allowed_first) return ClaimOutcome::not_allowed;
        if (standing.of_another_device) return ClaimOutcome::certificate_of_another_device;
        if (rule == ClaimRule::first_certificate && standing.device_has_one)
            return ClaimOutcome::device_has_another_certificate;
        return associate(standing.owner);
    }

private:
    [[nodiscard]] static bool is_free(const Standing& standing) {
        return !standing.associated && !standing.of_another_device;
    }

    Standing look() {
        auto rows = session_.query(select_standing, {device_, hash(), hash(), hash(), device_, device_});
        if (!rows.next()) throw Error{Errc::internal, "a SELECT without a table had no row"};
        return {rows.integer(0) != 0, rows.text_or_null(1), rows.integer(2) != 0, rows.integer(3) != 0};
    }

    /// @param owner as seen before: an owner without an association is left when somebody has deleted the
    ///        association by hand, to give the certificate free.
    ClaimOutcome associate(const std::optional<std::string>& owner) {
        if (owner != device_.text() && !become_owner(owner)) {
            auto rows = session_.query(select_owner, {hash()});
            return rows.next() && rows.text(0) == device_.text()
                       ? ClaimOutcome::already_associated
                       : ClaimOutcome::certificate_of_another_device;
        }
        return add_association();
    }

    ClaimOutcome add_association() {
        return insert_once(session_, insert_association, {device_, hash()})
                   ? ClaimOutcome::newly_associated
                   : ClaimOutcome::already_associated;
    }

    bool become_owner(const std::optional<std::string>& instead_of) {
        if (!instead_of) return insert_once(session_, insert_owner, {hash(), device_});
        return session_.execute(replace_owner, {device_, hash(), std::string_view{*instead_of}}) > 0;
    }

    [[nodiscard]] mysql::Parameter hash() const { return std::string_view{hash_}; }

    /// The key of the row that first claims of this device take turns by; no hash looks like it. It stays.
    [[nodiscard]] mysql::Parameter turn() {
        turn_ = "first:" + sha256_hex(device_.text()).substr(0, 58);
        return std::string_view{turn_};
    }

    Session& session_;
    const RowKey device_;
    const std::string& hash_;
    std::string turn_;
};

bool is_granted(ClaimOutcome outcome) {
    return outcome == ClaimOutcome::already_associated || outcome == ClaimOutcome::newly_associated;
}

} // namespace

bool MySqlStorage::is_associated(const EnrollmentId& device, const std::string& hash) {
    const auto asked = mysql::AssociationCache::Clock::now();
    if (associations_.contains(device, hash, asked)) return true;
    const bool associated = database_.run([&](Session& session) {
        return session.query(select_association, {RowKey{device}, std::string_view{hash}}).next();
    });
    if (associated) associations_.remember(device, hash, asked);
    return associated;
}

ClaimOutcome MySqlStorage::claim_certificate(const EnrollmentId& device, const std::string& hash,
                                             ClaimRule rule) {
    const auto asked = mysql::AssociationCache::Clock::now();
    const auto outcome = database_.transact([&](Session& session) {
        return Claim{session, device, hash}.decide(rule);
    });
    note_claim(device, hash, outcome, asked);
    return outcome;
}

std::optional<EnrollmentId> MySqlStorage::device_of_certificate(const std::string& hash) {
    return database_.run([&](Session& session) -> std::optional<EnrollmentId> {
        auto rows = session.query(select_device, {std::string_view{hash}, std::string_view{hash}});
        if (!rows.next()) return std::nullopt;
        return mysql::enrollment_id_of(rows.text(0));
    });
}

std::optional<std::string> MySqlStorage::identity_pem(const EnrollmentId& device) {
    return database_.run([&](Session& session) -> std::optional<std::string> {
        auto rows = session.query(select_identity, {RowKey{device}});
        if (!rows.next() || rows.null(0)) return std::nullopt;
        return mysql::from_pem_column(rows.text(0));
    });
}

ClaimOutcome MySqlStorage::renew_certificate(const EnrollmentId& device,
                                             const IdentityCertificate& certificate) {
    const auto asked = mysql::AssociationCache::Clock::now();
    const RowKey key{device};
    const auto pem = mysql::to_pem_column(certificate.pem, mysql::certificate_beginning);
    const auto outcome = database_.transact([&](Session& session) {
        if (!session.query(lock_device, {key}).next())
            throw Error{Errc::invalid, "no Authenticate from device " + device.str()};
        const auto decided = Claim{session, device, certificate.hash}.decide(ClaimRule::unknown_certificate);
        if (is_granted(decided)) session.execute(update_identity, {std::string_view{pem}, key});
        return decided;
    });
    note_claim(device, certificate.hash, outcome, asked);
    return outcome;
}

void MySqlStorage::note_claim(const EnrollmentId& device, const std::string& hash, ClaimOutcome outcome,
                              mysql::AssociationCache::Clock::time_point asked) {
    if (is_granted(outcome)) {
        associations_.remember(device, hash, asked);
    } else {
        associations_.forget(device, hash);
    }
}

} // namespace nanomdm::storage
