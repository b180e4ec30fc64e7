// Bytes in the text columns that NanoMDM's tables have: what such a column cannot hold goes verbatim into a
// companion column of ours.
#pragma once

#include "storage/mysql/session.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace nanomdm::storage::mysql {

/// What to write for some bytes: `text` into NanoMDM's column; `raw` into ours (`…_raw`), with the SHA-256 of
/// `text` (`…_raw_of`), when the bytes are not UTF-8 that begins with `<?xml`. The text is then
/// - the same with an XML declaration, when the bytes are XML without one;
/// - the same property list in XML, when they are a binary one;
/// - a document that only says where the bytes are, when they are anything else, or over 256 KiB: one
/// statement
///   carries both and must stay within the server's max_allowed_packet.
class TextColumn {
public:
    /// @param bytes must outlive this and its use as parameters.
    explicit TextColumn(std::string_view bytes);

    [[nodiscard]] Parameter text() const; ///< never empty; begins with `<?xml`
    [[nodiscard]] Parameter raw() const;  ///< NULL: the text is the bytes
    [[nodiscard]] Parameter raw_of() const;

private:
    std::string_view bytes_;
    std::string equivalent_; ///< empty: bytes_ itself is what the column holds
    std::string hash_;
};

/// The SQL expression of the bytes: ours, unless somebody has rewritten the text since.
/// bytes_of("c.command") reads c.command, c.command_raw and c.command_raw_of.
[[nodiscard]] std::string bytes_of(std::string_view column);

} // namespace nanomdm::storage::mysql
