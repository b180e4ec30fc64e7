#include "storage/mysql/schema_script.hpp"

#include "encoding/trimmed.hpp"
#include "nanomdm/error.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

namespace nanomdm::storage::mysql {
namespace {

constexpr std::string_view comment_start = "-- ";
constexpr std::string_view continuation = "    "; // behind the dashes

std::string_view bare(std::string_view text) { return trimmed(text, blanks_and_line_ends); }

/// What follows `prefix`, when `text` begins with it.
std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return std::nullopt;
    return bare(text.substr(prefix.size()));
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    std::string part;
    for (std::istringstream in{std::string{text}}; std::getline(in, part, separator);)
        if (const auto word = bare(part); !word.empty()) parts.emplace_back(word);
    return parts;
}

class ScriptReader {
public:
    ScriptReader(std::string_view file_name, std::string_view text) : file_{file_name}, rest_{text} {}

    SchemaScript read() {
        read_file_name();
        while (!rest_.empty()) read_line();
        end_directive();
        if (!bare(sql_).empty()) refuse("a statement without a semicolon");
        if (has_directives_) refuse("directives without a statement");
        return std::move(script_);
    }

private:
    [[noreturn]] void refuse(const std::string& why) const {
        throw Error{Errc::internal, std::string{file_} + ":" + std::to_string(line_) + ": " + why};
    }

    void read_file_name() {
        const auto end = file_.data() + file_.size();
        const auto [at, failed] = std::from_chars(file_.data(), end, script_.version);
        std::string_view name{at, static_cast<std::size_t>(end - at)};
        if (failed != std::errc{} || !name.starts_with('_') || !name.ends_with(".sql"))
            refuse("not named like 0001_name.sql");
        script_.name = name.substr(1, name.size() - 5);
    }

    void read_line() {
        ++line_;
        const auto end = rest_.find('\n');
        const auto line = rest_.substr(0, end);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        if (!bare(sql_).empty() || !bare(line).starts_with("--")) return read_sql(line);
        read_comment(line);
    }

    void read_comment(std::string_view line) {
        const auto text = line.starts_with(comment_start) ? line.substr(comment_start.size()) : "";
        if (!directive_.empty() && text.starts_with(continuation)) {
            directive_ += ' ';
            directive_ += bare(text);
            return;
        }
        end_directive();
        if (text.starts_with('@')) directive_ = bare(text.substr(1));
    }

    void end_directive() {
        if (directive_.empty()) return;
        const std::string directive = std::exchange(directive_, {});
        if (const auto version = after(directive, "oldest binary ")) {
            script_.oldest_binary = *version;
            return;
        }
        has_directives_ = true;
        if (const auto condition = after(directive, "unless ")) {
            next_.unless.push_back(read_condition(*condition));
        } else if (const auto query = after(directive, "for each ")) {
            next_.for_each = *query;
        } else if (const auto message = after(directive, "refuse ")) {
            next_.refuse = *message;
        } else if (directive == "in batches") {
            next_.in_batches = true;
        } else {
            refuse("unknown directive @" + directive);
        }
    }

    SchemaCondition read_condition(std::string_view text) const {
        SchemaCondition condition;
        if (const auto table = after(text, "table ")) {
            condition.table = *table;
        } else if (const auto column = after(text, "column ")) {
            condition.subject = SchemaCondition::Subject::column;
            const auto is = column->find(" is ");
            read_member(column->substr(0, is), condition);
            if (is != std::string_view::npos) read_traits(column->substr(is + 4), condition);
        } else if (const auto index = after(text, "index ")) {
            condition.subject = SchemaCondition::Subject::index;
            read_member(*index, condition);
        } else if (const auto key = after(text, "foreign key ")) {
            condition.subject = SchemaCondition::Subject::foreign_key;
            const auto references = key->find(" references ");
            if (references == std::string_view::npos) refuse("a foreign key that references nothing");
            read_columns(key->substr(0, references), condition.table, condition.columns);
            read_columns(key->substr(references + 12), condition.referenced_table,
                         condition.referenced_columns);
        } else {
            refuse("unknown condition: " + std::string{text});
        }
        if (condition.table.empty() || condition.table.find(' ') != std::string::npos)
            refuse("a condition on one table, please: " + std::string{text});
        return condition;
    }

    /// table.name
    void read_member(std::string_view text, SchemaCondition& condition) const {
        const auto parts = split(text, '.');
        if (parts.size() != 2 || text.find(' ') != std::string_view::npos)
            refuse("not of the form table.name: " + std::string{text});
        condition.table = parts[0];
        condition.name = parts[1];
    }

    /// table (column, …)
    void read_columns(std::string_view text, std::string& table, std::vector<std::string>& columns) const {
        const auto open = text.find('(');
        if (open == std::string_view::npos || !text.ends_with(')'))
            refuse("not of the form table (column, …): " + std::string{text});
        table = bare(text.substr(0, open));
        columns = split(text.substr(open + 1, text.size() - open - 2), ',');
    }

    static void read_traits(std::string_view text, SchemaCondition& condition) {
        condition.traits = split(text, ' ');
        auto& traits = condition.traits;
        if (const auto at = std::find(traits.begin(), traits.end(), "not"); at != traits.end()) {
            traits.erase(at);
            std::replace(traits.begin(), traits.end(), std::string{"null"}, std::string{"not null"});
        }
    }

    /// A line of SQL; what stands behind `-- ` in it is dropped.
    void read_sql(std::string_view line) {
        end_directive();
        if (bare(sql_).empty()) {
            if (bare(line).empty()) return;
            next_.line = line_;
        }
        for (std::size_t i = 0; i < line.size(); ++i) {
            const char c = line[i];
            if (quote_ != 0) {
                if (c == quote_) quote_ = 0;
            } else if (c == '\'' || c == '"' || c == '`') {
                quote_ = c;
            } else if (line.substr(i).starts_with(comment_start)) {
                break;
            } else if (c == ';') {
                end_statement();
                if (!bare(line.substr(i + 1)).empty()) refuse("more behind a semicolon");
                return;
            }
            sql_ += c;
        }
        sql_ += '\n';
    }

    void end_statement() {
        next_.sql = bare(sql_);
        script_.statements.push_back(std::exchange(next_, {}));
        sql_.clear();
        has_directives_ = false;
    }

    std::string_view file_;
    std::string_view rest_;
    int line_ = 0;
    std::string directive_;
    bool has_directives_ = false;
    std::string sql_;
    char quote_ = 0;
    ScriptStatement next_;
    SchemaScript script_;
};

void append_escaped(std::string& sql, const std::string& value, char quote) {
    for (const char c : value) {
        if (c == quote || (quote == '\'' && c == '\\')) sql += c == '\\' ? '\\' : quote;
        sql += c;
    }
}

} // namespace

SchemaScript parse_script(std::string_view file_name, std::string_view text) {
    return ScriptReader{file_name, text}.read();
}

std::string fill_in(std::string_view sql, const std::vector<std::string>& values) {
    std::string filled;
    char quote = 0;
    for (std::size_t i = 0; i < sql.size(); ++i) {
        const char c = sql[i];
        std::size_t number = 0;
        const auto end = sql.find('}', i);
        if (c == '{' && end != std::string_view::npos && end > i + 1 &&
            std::from_chars(sql.data() + i + 1, sql.data() + end, number).ptr == sql.data() + end) {
            if (quote == 0 || number == 0 || number > values.size())
                throw Error{Errc::internal,
                            "no value for " + std::string{sql.substr(i, end + 1 - i)} + " in quotes"};
            append_escaped(filled, values[number - 1], quote);
            i = end;
            continue;
        }
        if (quote != 0)
            quote = c == quote ? '\0' : quote;
        else if (c == '\'' || c == '`')
            quote = c;
        filled += c;
    }
    return filled;
}

} // namespace nanomdm::storage::mysql
