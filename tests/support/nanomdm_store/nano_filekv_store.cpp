// The `filekv` kind: a file for each key of six buckets.
#include "support/nanomdm_store/nano_store.hpp"
#include "support/nanomdm_store/written_file.hpp"

#include <algorithm>
#include <chrono>

namespace nanomdm::test {
namespace {

namespace fs = std::filesystem;

std::string microseconds_now() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
}

} // namespace

NanoFileKvStore::NanoFileKvStore(fs::path directory) : directory_{std::move(directory)} {
    fs::create_directories(directory_);
}

fs::path NanoFileKvStore::path(const std::string& bucket, const std::string& key) const {
    const std::string dropped = "com.apple.mgmt.External.";
    auto place = bucket == "push_cert" && key.starts_with(dropped) ? key.substr(dropped.size()) : key;
    if (place.size() < 4) place.insert(0, 4 - place.size(), '0');
    return directory_ / bucket / place.substr(0, 2) / place.substr(2, 2) / key;
}

void NanoFileKvStore::put(const std::string& bucket, const std::string& key, const std::string& bytes) const {
    write_file(path(bucket, key), bytes);
}

void NanoFileKvStore::remove(const std::string& bucket, const std::string& key) const {
    fs::remove(path(bucket, key));
}

void NanoFileKvStore::touch_last_seen(const std::string& id) const {
    put("enrollments", id + ".last_seen_at", microseconds_now());
}

void NanoFileKvStore::authenticate(const std::string& id, const std::string& raw,
                                   const std::string& serial_number, const std::string& identity_der) {
    put("devices", id + ".auth", raw);
    if (!identity_der.empty()) put("devices", id + ".cert", identity_der);
    if (!serial_number.empty()) put("devices", id + ".serial", serial_number);
    remove("devices", id + ".bstoken");
    for (const auto* gone : {".unl_tok", ".tok_tal", ".enrolled_at"}) remove("enrollments", id + gone);
    tallies_.erase(id);
    for (const auto& uuid : queues_[id]) forget_links(id, uuid);
    lose_hold_of_queue(id);
    queues_.erase(id);
    check_out(id);
}

void NanoFileKvStore::associate(const std::string& device, const std::string& hash) {
    put("cert_auth", device + ".cert_hash", hash);
    put("cert_auth", hash + ".hash_cert", device);
}

void NanoFileKvStore::token_update(const std::string& id, const TokenUpdateFacts& facts) {
    if (facts.device.empty()) {
        put("devices", id + ".tok_upd", facts.raw);
    } else {
        put("users", id + ".device_ch", facts.device);
        put("users", id + ".tok_upd", facts.raw);
        put("enrollments", facts.device + ".user_ch." + id, "1");
    }
    touch_last_seen(id);
    put("enrollments", id + ".type", facts.type);
    put("enrollments", id + ".topic", facts.topic);
    put("enrollments", id + ".push_magic", facts.push_magic);
    put("enrollments", id + ".token", facts.token);
    if (!facts.unlock_token.empty()) put("enrollments", id + ".unl_tok", facts.unlock_token);
    const int tally = ++tallies_[id];
    put("enrollments", id + ".tok_tal", std::to_string(tally));
    if (tally == 1) put("enrollments", id + ".enrolled_at", microseconds_now());
    remove("enrollments", id + ".disabled");
}

void NanoFileKvStore::user_authenticate(const std::string& id, const std::string& raw, bool has_digest) {
    touch_last_seen(id);
    put("users", id + (has_digest ? ".user_auth_digest" : ".user_auth"), raw);
    put("enrollments", id + ".disabled", "1");
}

void NanoFileKvStore::bootstrap_token(const std::string& id, const std::string& token) {
    touch_last_seen(id);
    put("devices", id + ".bstoken", token);
}

/// It means to disable the users too, and writes a key that nothing reads.
void NanoFileKvStore::check_out(const std::string& id) {
    touch_last_seen(id);
    put("enrollments", id + ".disabled", "1");
}

void NanoFileKvStore::enqueue(const std::string& id, const std::string& uuid, const std::string& raw) {
    put("queue", uuid + ".raw", raw);
    put("queue", uuid + ".req_type", "DeviceInformation");
    queues_[id].push_back(uuid);
    write_links(id);
}

void NanoFileKvStore::report(const std::string& id, const std::string& uuid, const std::string& status,
                             const std::string& raw) {
    touch_last_seen(id);
    put("queue", id + "." + uuid + ".queueitem.report", raw);
    put("queue", id + "." + uuid + ".queueitem.status", status);
    if (status == "NotNow") return;
    forget_links(id, uuid);
    std::erase(queues_[id], uuid);
    write_links(id);
}

void NanoFileKvStore::forget_links(const std::string& id, const std::string& uuid) const {
    remove("queue", id + "." + uuid + ".queueitem.next");
    remove("queue", id + "." + uuid + ".queueitem.prev");
}

void NanoFileKvStore::lose_hold_of_queue(const std::string& id) const {
    remove("queue", id + ".queuekey.queue.first");
    remove("queue", id + ".queuekey.queue.last");
}

void NanoFileKvStore::write_links(const std::string& id) const {
    lose_hold_of_queue(id);
    const auto& queue = queues_.at(id);
    if (queue.empty()) return;
    put("queue", id + ".queuekey.queue.first", queue.front());
    put("queue", id + ".queuekey.queue.last", queue.back());
    for (std::size_t i = 0; i < queue.size(); ++i) {
        forget_links(id, queue[i]);
        if (i > 0) put("queue", id + "." + queue[i] + ".queueitem.prev", queue[i - 1]);
        if (i + 1 < queue.size()) put("queue", id + "." + queue[i] + ".queueitem.next", queue[i + 1]);
    }
}

void NanoFileKvStore::push_certificate(const std::string& topic, const std::string& certificate_pem,
                                       const std::string& key_pem) {
    put("push_cert", topic + ".pem", certificate_pem);
    put("push_cert", topic + ".key", key_pem);
    put("push_cert", topic + ".stale_token", "1");
}

} // namespace nanomdm::test
