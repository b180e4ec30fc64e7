// JSON for enrollments, PEM for keys; names on disk are escaped IDs.
#include "support/simulator/state.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace nanomdm::sim {
namespace {

constexpr std::array proofs{
    std::pair{Proof::mdm_signature, std::string_view{"mdm-signature"}},
    std::pair{Proof::client_certificate, std::string_view{"client-certificate"}},
    std::pair{Proof::rfc9440_header, std::string_view{"rfc9440-header"}},
    std::pair{Proof::pem_header, std::string_view{"pem-header"}},
    std::pair{Proof::none, std::string_view{"none"}},
};

std::string hex(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        (text += digits[byte >> 4]) += digits[byte & 15];
    }
    return text;
}

std::string from_hex(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return bytes;
}

/// An ID is free text; a file name is not.
std::string file_name(std::string_view id) {
    const bool plain = !id.empty() && id.size() < 120 && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
               c == '_';
    });
    return plain ? std::string{id} : "x" + hex(id.substr(0, 120));
}

const std::string& device_of(const Channel& channel) {
    return channel.udid.empty() ? channel.enrollment_id : channel.udid;
}

nlohmann::json to_json(const SavedEnrollment& saved) {
    const auto& [channel, endpoint, profile] = saved;
    return {{"id", channel.id()},
            {"udid", channel.udid},
            {"user_id", channel.user_id},
            {"user_short_name", channel.user_short_name},
            {"user_long_name", channel.user_long_name},
            {"enrollment_id", channel.enrollment_id},
            {"enrollment_user_id", channel.enrollment_user_id},
            {"url", endpoint.url},
            {"checkin_url", endpoint.checkin_url},
            {"proof", to_string(endpoint.proof)},
            {"certificate_header", endpoint.certificate_header},
            {"server_ca", endpoint.ca_pem},
            {"serial_number", profile.serial_number},
            {"topic", profile.topic},
            {"push_magic", profile.push_magic},
            {"push_token", hex(profile.push_token)},
            {"unlock_token", hex(profile.unlock_token)}};
}

SavedEnrollment from_json(const nlohmann::json& json) {
    SavedEnrollment saved;
    auto& [channel, endpoint, profile] = saved;
    json.at("udid").get_to(channel.udid);
    json.at("user_id").get_to(channel.user_id);
    json.at("user_short_name").get_to(channel.user_short_name);
    json.at("user_long_name").get_to(channel.user_long_name);
    json.at("enrollment_id").get_to(channel.enrollment_id);
    json.at("enrollment_user_id").get_to(channel.enrollment_user_id);
    json.at("url").get_to(endpoint.url);
    json.at("checkin_url").get_to(endpoint.checkin_url);
    endpoint.proof = proof_from(json.at("proof").get<std::string>());
    json.at("certificate_header").get_to(endpoint.certificate_header);
    json.at("server_ca").get_to(endpoint.ca_pem);
    json.at("serial_number").get_to(profile.serial_number);
    json.at("topic").get_to(profile.topic);
    json.at("push_magic").get_to(profile.push_magic);
    profile.push_token = from_hex(json.at("push_token").get<std::string>());
    profile.unlock_token = from_hex(json.at("unlock_token").get<std::string>());
    return saved;
}

} // namespace

StateDirectory::StateDirectory(std::filesystem::path path) : path_{std::move(path)} {
    std::filesystem::create_directories(path_ / "identities");
    std::filesystem::create_directories(path_ / "enrollments");
}

void StateDirectory::save_authority(const Authority& authority) const {
    write_text(file("ca.pem"), authority.identity().certificate_pem());
    write_text(file("ca.key"), authority.identity().key_pem());
}

bool StateDirectory::has_authority() const { return std::filesystem::exists(file("ca.key")); }

Authority StateDirectory::authority() const {
    return Authority{Identity::from_pem(read_text(file("ca.pem")), read_text(file("ca.key")))};
}

std::filesystem::path StateDirectory::identity_file(const Channel& channel) const {
    return path_ / "identities" / (file_name(device_of(channel)) + ".pem");
}

void StateDirectory::save_identity(const Channel& channel, const Identity& identity) const {
    write_text(identity_file(channel), identity.certificate_pem() + identity.key_pem());
}

bool StateDirectory::has_identity(const Channel& channel) const {
    return std::filesystem::exists(identity_file(channel));
}

Identity StateDirectory::identity(const Channel& channel) const {
    const auto pem = read_text(identity_file(channel));
    return Identity::from_pem(pem, pem);
}

void StateDirectory::save(const SavedEnrollment& enrollment) const {
    write_text(path_ / "enrollments" / (file_name(enrollment.channel.id()) + ".json"),
               to_json(enrollment).dump(2) + "\n");
}

SavedEnrollment StateDirectory::enrollment(std::string_view id) const {
    const auto path = path_ / "enrollments" / (file_name(id) + ".json");
    if (!std::filesystem::exists(path))
        throw std::runtime_error{"no enrollment " + std::string{id} + " in " + path_.string()};
    return from_json(nlohmann::json::parse(read_text(path)));
}

std::vector<SavedEnrollment> StateDirectory::enrollments() const {
    std::vector<SavedEnrollment> all;
    for (const auto& entry : std::filesystem::directory_iterator{path_ / "enrollments"})
        if (entry.path().extension() == ".json")
            all.push_back(from_json(nlohmann::json::parse(read_text(entry.path()))));
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.channel.id() < b.channel.id(); });
    return all;
}

Proof proof_from(std::string_view name) {
    for (const auto& [proof, text] : proofs)
        if (text == name) return proof;
    throw std::runtime_error{"unknown proof of identity " + std::string{name}};
}

std::string_view to_string(Proof proof) {
    for (const auto& [value, text] : proofs)
        if (value == proof) return text;
    return "none";
}

std::string read_text(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) throw std::runtime_error{"cannot read " + path.string()};
    std::ostringstream content;
    content << in.rdbuf();
    return std::move(content).str();
}

void write_text(const std::filesystem::path& path, std::string_view text) {
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    std::filesystem::permissions(path,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    if (!out.flush()) throw std::runtime_error{"cannot write " + path.string()};
}

} // namespace nanomdm::sim
