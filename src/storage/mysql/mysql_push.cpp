// Push data of enrollments, and the push certificates.
#include "log/log.hpp"
#include "storage/mysql/mysql_storage.hpp"
#include "storage/mysql/pem_column.hpp"
#include "storage/mysql/row_key.hpp"
#include "storage/mysql/row_values.hpp"

#include <algorithm>
#include <unordered_map>

namespace nanomdm::storage {
namespace {

using mysql::Parameter;
using mysql::RowKey;
using mysql::Session;

constexpr std::size_t batch_size = 1000;

std::string select_targets(std::size_t ids) {
    return R"(
SELECT e.id, e.topic, e.push_magic, e.token_hex,
       e.unregistered_token_hex IS NOT NULL AND e.unregistered_token_hex = e.token_hex,
       UNIX_TIMESTAMP(COALESCE(IF(e.user_id IS NULL, d.token_update_at, u.token_update_at), e.created_at))
FROM enrollments e FORCE INDEX (PRIMARY)
LEFT JOIN devices d ON d.id = e.device_id
LEFT JOIN users u ON u.id = e.user_id AND u.device_id = e.device_id
WHERE e.enabled = 1 AND e.id IN ()" +
           mysql::marks(ids) + ")";
}

/// The IDs find the rows; the pair says whose token is dead. An ID has no line break in it.
std::string mark_tokens(std::size_t pairs) {
    const auto marks = mysql::marks(pairs);
    return "UPDATE enrollments FORCE INDEX (PRIMARY) SET unregistered_token_hex = token_hex, updated_at = "
           "UTC_TIMESTAMP() "
           "WHERE id IN (" +
           marks + ") AND CONCAT(id, '\\n', token_hex) IN (" + marks + ")";
}

constexpr std::string_view put_certificate = R"(
INSERT INTO push_certs (topic, cert_pem, key_pem, stale_token, created_at, updated_at)
VALUES (?, ?, ?, 0, UTC_TIMESTAMP(), UTC_TIMESTAMP())
ON DUPLICATE KEY UPDATE cert_pem = VALUES(cert_pem), key_pem = VALUES(key_pem),
                        stale_token = stale_token + 1, updated_at = UTC_TIMESTAMP())";
constexpr std::string_view select_certificate = "SELECT cert_pem, key_pem FROM push_certs WHERE topic = ?";
constexpr std::string_view select_version = "SELECT stale_token FROM push_certs WHERE topic = ?";
constexpr std::string_view select_topics = "SELECT topic FROM push_certs";

/// Sorted, each once.
template <class Key> std::vector<Key> in_order(std::vector<Key> keys) {
    std::ranges::sort(keys);
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

/// One parameter for each, and the last one again until there are as many as the statement has marks.
template <class Range, class Value>
void add_parameters(std::vector<Parameter>& parameters, const Range& range, Value value) {
    const std::size_t wanted = parameters.size() + mysql::marks_for(range.size());
    for (const auto& one : range) parameters.emplace_back(std::string_view{value(one)});
    const Parameter last = parameters.back();
    parameters.resize(wanted, last);
}

template <class Item, class Work> void in_batches(const std::vector<Item>& items, Work work) {
    const std::span<const Item> all{items};
    for (std::size_t at = 0; at < all.size(); at += batch_size)
        work(all.subspan(at, std::min(batch_size, all.size() - at)));
}

using Targets = std::unordered_map<std::string, PushTarget>; ///< by key

void add_target(Targets& targets, const mysql::Rows& row) {
    try {
        targets.insert_or_assign(
            row.text(0), PushTarget{.info = mysql::push_info_of(row.text(1), row.text(2), row.text(3)),
                                    .token_updated_at = mysql::time_of(row.integer(5)),
                                    .pushable = row.integer(4) == 0});
    } catch (const Error& error) { // one such row must not keep all the others from being pushed to
        log::warning("enrollment has push data that cannot be", {{"id", row.text(0)}, {"err", error.what()}});
    }
}

struct DeadRow {
    std::string id;
    std::string pair; ///< as mark_tokens() puts it together

    friend auto operator<=>(const DeadRow&, const DeadRow&) = default;
};

} // namespace

std::vector<std::optional<PushTarget>> MySqlStorage::push_targets(std::span<const EnrollmentId> ids) {
    std::vector<RowKey> keys;
    keys.reserve(ids.size());
    for (const auto& id : ids) keys.emplace_back(id);
    Targets targets;
    in_batches(in_order(keys), [&](std::span<const RowKey> batch) {
        std::vector<Parameter> parameters;
        add_parameters(parameters, batch, [](const RowKey& key) { return key.text(); });
        database_.run([&](Session& session) {
            auto rows = session.query(select_targets(parameters.size()), parameters);
            while (rows.next()) add_target(targets, rows);
        });
    });
    std::vector<std::optional<PushTarget>> found;
    found.reserve(ids.size());
    for (const auto& key : keys) {
        const auto target = targets.find(std::string{key.text()});
        found.push_back(target == targets.end() ? std::nullopt : std::optional{target->second});
    }
    return found;
}

void MySqlStorage::mark_not_pushable(std::span<const DeadToken> tokens) {
    if (tokens.empty()) return;
    std::vector<DeadRow> dead;
    dead.reserve(tokens.size());
    for (const auto& [id, token] : tokens) {
        std::string key{RowKey{id}.text()};
        std::string pair = key + '\n' + token.hex();
        dead.push_back({std::move(key), std::move(pair)});
    }
    dead = in_order(std::move(dead));
    database_.transact([&](Session& session) {
        in_batches(dead, [&](std::span<const DeadRow> batch) {
            std::vector<Parameter> parameters;
            add_parameters(
                parameters, batch, [](const DeadRow& row) -> const auto& { return row.id; });
            add_parameters(
                parameters, batch, [](const DeadRow& row) -> const auto& { return row.pair; });
            session.execute(mark_tokens(parameters.size() / 2), parameters);
        });
    });
}

void MySqlStorage::store_push_certificate(const PushCertificate& certificate) {
    const auto cert_pem = mysql::to_pem_column(certificate.certificate_pem, mysql::certificate_beginning);
    const auto key_pem = mysql::to_pem_column(certificate.private_key_pem, mysql::key_beginning);
    database_.run([&](Session& session) {
        session.execute(put_certificate,
                        {RowKey{certificate.topic}, std::string_view{cert_pem}, std::string_view{key_pem}});
    });
}

std::optional<PushCertificate> MySqlStorage::push_certificate(const Topic& topic) {
    return database_.run([&](Session& session) -> std::optional<PushCertificate> {
        auto rows = session.query(select_certificate, {RowKey{topic}});
        if (!rows.next()) return std::nullopt;
        return PushCertificate{topic, mysql::from_pem_column(rows.text(0)),
                               mysql::from_pem_column(rows.text(1))};
    });
}

std::optional<std::uint64_t> MySqlStorage::push_certificate_version(const Topic& topic) {
    return database_.run([&](Session& session) -> std::optional<std::uint64_t> {
        auto rows = session.query(select_version, {RowKey{topic}});
        if (!rows.next()) return std::nullopt;
        return static_cast<std::uint64_t>(rows.integer(0));
    });
}

std::vector<Topic> MySqlStorage::push_topics() {
    return database_.run([&](Session& session) {
        std::vector<Topic> topics;
        auto rows = session.query(select_topics);
        while (rows.next()) topics.push_back(mysql::topic_of(rows.text(0)));
        return topics;
    });
}

} // namespace nanomdm::storage
