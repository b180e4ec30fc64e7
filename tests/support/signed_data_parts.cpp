// Encodes by hand what RFC 5652 describes.
#include "support/signed_data_parts.hpp"

#include "support/openssl_pem.hpp"

#include <numeric>

namespace nanomdm::test {
namespace {

struct Header {
    std::size_t size;
    std::size_t content_size;
};

Header header_of(std::string_view bytes) {
    must(bytes.size() >= 2, "DER is cut off");
    const auto first = static_cast<unsigned char>(bytes[1]);
    if (first < 0x80) {
        must(bytes.size() >= 2U + first, "DER is cut off");
        return {2, first};
    }
    const std::size_t count = first & 0x7FU;
    must(count >= 1 && count <= 4 && bytes.size() >= 2 + count, "not DER");
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | static_cast<unsigned char>(bytes[2 + i]);
    must(bytes.size() - 2 - count >= length, "DER is cut off");
    return {2 + count, length};
}

std::string joined(const std::vector<std::string>& parts) {
    return std::accumulate(parts.begin(), parts.end(), std::string{});
}

} // namespace

std::string der(unsigned char tag, std::string_view content) {
    std::string out{static_cast<char>(tag)};
    if (content.size() < 0x80) {
        out += static_cast<char>(content.size());
    } else {
        std::string length;
        for (auto rest = content.size(); rest != 0; rest >>= 8)
            length.insert(length.begin(), static_cast<char>(rest & 255));
        out += static_cast<char>(0x80 | length.size());
        out += length;
    }
    return out.append(content);
}

std::string ber_indefinite(unsigned char tag, std::string_view content) {
    return std::string{static_cast<char>(tag), '\x80'}.append(content).append(2, '\0');
}

std::vector<std::string> der_children(std::string_view content) {
    std::vector<std::string> children;
    while (!content.empty()) {
        const auto header = header_of(content);
        children.emplace_back(content.substr(0, header.size + header.content_size));
        content.remove_prefix(header.size + header.content_size);
    }
    return children;
}

std::string der_content(std::string_view element) {
    const auto header = header_of(element);
    return std::string{element.substr(header.size, header.content_size)};
}

SignedDataParts SignedDataParts::of(std::string_view cms) {
    const auto content_info = der_children(der_content(cms));
    const auto fields = der_children(der_content(der_content(content_info.at(1))));
    SignedDataParts parts;
    std::size_t at = 0;
    parts.version = fields.at(at++);
    parts.digest_algorithms = fields.at(at++);
    parts.encapsulated_content = fields.at(at++);
    if (fields.at(at).front() == '\xA0') parts.certificates = fields.at(at++);
    const auto signers = der_children(der_content(fields.at(at)));
    const auto signer = der_children(der_content(signers.at(0)));
    at = 0;
    parts.signer_version = signer.at(at++);
    parts.signer_identifier = signer.at(at++);
    parts.digest_algorithm = signer.at(at++);
    if (signer.at(at).front() == '\xA0') parts.attributes = der_children(der_content(signer.at(at++)));
    parts.signature_algorithm = signer.at(at++);
    parts.signature = signer.at(at++);
    if (at < signer.size()) parts.unsigned_attributes = signer.at(at);
    return parts;
}

std::string SignedDataParts::assemble(bool indefinite) const {
    static const std::string signed_data_oid{"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02", 11};
    const auto outer = [indefinite](unsigned char tag, std::string_view content) {
        return indefinite ? ber_indefinite(tag, content) : der(tag, content);
    };
    const auto signed_attributes = attributes.empty() ? std::string{} : der(0xA0, joined(attributes));
    const auto signer = der(0x30, signer_version + signer_identifier + digest_algorithm + signed_attributes +
                                      signature_algorithm + signature + unsigned_attributes);
    const auto content =
        indefinite ? ber_indefinite(0x30, der_content(encapsulated_content)) : encapsulated_content;
    const auto signed_data =
        outer(0x30, version + digest_algorithms + content + certificates + der(0x31, signer));
    return outer(0x30, signed_data_oid + outer(0xA0, signed_data));
}

void SignedDataParts::sign_again(const std::string& private_key_pem, std::string_view body,
                                 const char* digest) {
    const auto key = key_from_pem(private_key_pem);
    const std::string to_sign = attributes.empty() ? std::string{body} : der(0x31, joined(attributes));
    const std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>> context{must(EVP_MD_CTX_new(), "sign")};
    must(EVP_DigestSignInit(context.get(), nullptr, EVP_get_digestbyname(digest), nullptr, key.get()) == 1,
         "sign");
    const auto* const bytes = reinterpret_cast<const unsigned char*>(to_sign.data());
    std::size_t size = 0;
    must(EVP_DigestSign(context.get(), nullptr, &size, bytes, to_sign.size()) == 1, "sign");
    std::string made(size, '\0');
    must(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size, bytes,
                        to_sign.size()) == 1,
         "sign");
    made.resize(size);
    signature = der(0x04, made);
}

} // namespace nanomdm::test
