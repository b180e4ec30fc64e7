// A linear scan for «-----BEGIN label-----» … «-----END label-----».
#include "crypto/pem.hpp"

#include "encoding/base64.hpp"

namespace nanomdm::crypto {
namespace {

constexpr std::string_view begin = "-----BEGIN ";
constexpr std::string_view end = "-----END ";
constexpr std::string_view dashes = "-----";
constexpr std::size_t line_length = 64;
constexpr std::size_t longest_label = 64;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string without_spaces(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text)
        if (!is_space(c)) out += c;
    return out;
}

/// The label at the start of `text`, when dashes close it.
std::optional<std::string_view> label_at(std::string_view text) {
    const auto closing = text.substr(0, longest_label + dashes.size()).find(dashes);
    if (closing == std::string_view::npos) return std::nullopt;
    return text.substr(0, closing);
}

PemBlock block_of(std::string_view label, std::string_view content) {
    PemBlock block{label, label == "ENCRYPTED PRIVATE KEY", std::nullopt};
    if (content.find("Proc-Type:") != std::string_view::npos &&
        content.find("ENCRYPTED") != std::string_view::npos)
        block.encrypted = true;
    else
        block.der = base64_decode(without_spaces(content));
    return block;
}

} // namespace

std::vector<PemBlock> read_pem(std::string_view text) {
    std::vector<PemBlock> blocks;
    for (auto at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at)) {
        at += begin.size();
        const auto label = label_at(text.substr(at));
        if (!label) continue;
        const auto content = at + label->size() + dashes.size();
        // Looked for as far as the next block only: a block cannot hold another, and the scan stays linear.
        const auto stop = text.find(begin, content);
        const auto rest = text.substr(content, stop == std::string_view::npos ? stop : stop - content);
        const auto length = rest.find(end);
        if (length == std::string_view::npos) continue;
        if (!rest.substr(length + end.size()).starts_with(std::string{*label} + std::string{dashes}))
            continue;
        blocks.push_back(block_of(*label, rest.substr(0, length)));
        at = content + length;
    }
    return blocks;
}

std::string write_pem(std::string_view label, std::string_view der) {
    const auto text = base64_encode(der);
    std::string pem;
    pem.reserve(text.size() + text.size() / line_length + 2 * label.size() + 40);
    pem.append(begin).append(label).append(dashes) += '\n';
    for (std::size_t at = 0; at < text.size(); at += line_length) pem.append(text, at, line_length) += '\n';
    pem.append(end).append(label).append(dashes) += '\n';
    return pem;
}

} // namespace nanomdm::crypto
