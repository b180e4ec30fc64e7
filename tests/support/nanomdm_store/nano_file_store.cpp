// The `file` kind: a directory for each enrollment.
#include "support/nanomdm_store/nano_store.hpp"
#include "support/nanomdm_store/written_file.hpp"

#include "support/openssl_pem.hpp"

#include <fstream>

namespace nanomdm::test {
namespace {

namespace fs = std::filesystem;

std::string pem_of(const std::string& der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const CertificatePtr certificate{
        must(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())), "read a certificate")};
    return certificate_to_pem(certificate.get());
}

void move_all(const fs::path& from, const fs::path& to) {
    if (!fs::exists(from)) return;
    fs::create_directories(to);
    for (const auto& entry : fs::directory_iterator{from}) {
        if (!entry.path().filename().string().ends_with(".result.plist"))
            fs::rename(entry.path(), to / entry.path().filename());
    }
}

} // namespace

NanoFileStore::NanoFileStore(fs::path directory) : directory_{std::move(directory)} {
    fs::create_directories(directory_);
}

void NanoFileStore::write(const std::string& id, const std::string& name, const std::string& bytes) const {
    write_file(directory_ / id / name, bytes);
}

void NanoFileStore::authenticate(const std::string& id, const std::string& raw,
                                 const std::string& serial_number, const std::string& identity_der) {
    if (!identity_der.empty()) write(id, "Identity.pem", pem_of(identity_der));
    if (!serial_number.empty()) write(id, "SerialNumber.txt", serial_number);
    write(id, "TokenUpdate.tally.txt", "0");
    fs::remove(directory_ / id / "BootstrapToken.dat");
    write(id, "Authenticate.plist", raw);
    for (const auto* queue : {"Queue", "QueueNotNow"})
        move_all(directory_ / id / queue, directory_ / id / "QueueInactive");
    check_out(id);
}

void NanoFileStore::associate(const std::string& device, const std::string& hash) {
    std::ofstream{directory_ / "CertAuth.txt", std::ios::app | std::ios::binary} << device << ',' << hash
                                                                                 << '\n';
    write(device, "CertAuth.sha256.txt", hash);
}

void NanoFileStore::token_update(const std::string& id, const TokenUpdateFacts& facts) {
    if (!facts.unlock_token.empty()) write(id, "UnlockToken.dat", facts.unlock_token);
    if (!facts.device.empty()) write(facts.device, "SubEnrollments/" + id, "");
    write(id, "TokenUpdate.plist", facts.raw);
    const auto tally = directory_ / id / "TokenUpdate.tally.txt";
    write_file(tally, std::to_string(fs::exists(tally) ? std::stoi(written(tally)) + 1 : 1));
    fs::remove(directory_ / id / "Disabled");
}

void NanoFileStore::user_authenticate(const std::string& id, const std::string& raw, bool has_digest) {
    write(id, has_digest ? "UserAuthenticate.Digest.plist" : "UserAuthenticate.plist", raw);
}

void NanoFileStore::bootstrap_token(const std::string& id, const std::string& token) {
    write(id, "BootstrapToken.dat", token);
}

void NanoFileStore::check_out(const std::string& id) {
    const auto users = directory_ / id / "SubEnrollments";
    if (fs::exists(users)) {
        for (const auto& user : fs::directory_iterator{users}) write(user.path().filename(), "Disabled", "");
    }
    write(id, "Disabled", "");
    fs::remove_all(users);
}

void NanoFileStore::enqueue(const std::string& id, const std::string& uuid, const std::string& raw) {
    write(id, "Queue/" + uuid + ".plist", raw);
}

void NanoFileStore::report(const std::string& id, const std::string& uuid, const std::string& status,
                           const std::string& raw) {
    const std::string to = status == "NotNow" ? "QueueNotNow/" : "QueueDone/";
    fs::create_directories(directory_ / id / to);
    for (const auto* from : {"Queue", "QueueNotNow"}) {
        const auto command = directory_ / id / from / (uuid + ".plist");
        if (!fs::exists(command)) continue;
        fs::remove(directory_ / id / from / (uuid + ".result.plist"));
        fs::rename(command, directory_ / id / (to + uuid + ".plist"));
    }
    write(id, to + uuid + ".result.plist", raw);
}

void NanoFileStore::push_certificate(const std::string& topic, const std::string& certificate_pem,
                                     const std::string& key_pem) {
    write_file(directory_ / (topic + ".pem"), certificate_pem);
    write_file(directory_ / (topic + ".key"), key_pem);
}

} // namespace nanomdm::test
