#include "storage/mysql/queue_rows.hpp"

namespace nanomdm::storage::mysql {

std::vector<QueueRow> queue_rows(Rows rows) {
    std::vector<QueueRow> all;
    while (rows.next()) all.push_back({rows.text(0), rows.text(1)});
    return all;
}

std::string any_of_rows(std::size_t count) {
    std::string list = "(";
    for (std::size_t i = 0; i < marks_for(count); ++i)
        list += i == 0 ? "(id = ? AND command_uuid = ?)" : " OR (id = ? AND command_uuid = ?)";
    return list + ")";
}

void add_rows(std::vector<Parameter>& parameters, std::span<const QueueRow> rows) {
    for (std::size_t i = 0; i < marks_for(rows.size()); ++i) {
        const auto& row = i < rows.size() ? rows[i] : rows.back();
        parameters.emplace_back(std::string_view{row.id});
        parameters.emplace_back(std::string_view{row.command_uuid});
    }
}

std::string any_of(std::string_view column, std::size_t count) {
    return std::string{column} + " IN (" + marks(marks_for(count)) + ")";
}

void add_texts(std::vector<Parameter>& parameters, std::span<const std::string_view> texts) {
    for (std::size_t i = 0; i < marks_for(texts.size()); ++i)
        parameters.emplace_back(i < texts.size() ? texts[i] : texts.back());
}

} // namespace nanomdm::storage::mysql
