#include "storage/mysql/pem_column.hpp"

namespace nanomdm::storage::mysql {
namespace {

constexpr std::string_view empty_block = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

} // namespace

std::string to_pem_column(std::string_view text, std::string_view beginning) {
    std::string column;
    if (!text.starts_with(beginning) || text.starts_with(empty_block)) column = empty_block;
    column += text;
    return column;
}

std::string from_pem_column(std::string column) {
    if (column.starts_with(empty_block)) column.erase(0, empty_block.size());
    return column;
}

} // namespace nanomdm::storage::mysql
