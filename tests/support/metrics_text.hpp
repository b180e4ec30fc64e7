// Reads what /metrics answers, and insists on Prometheus' text format.
#pragma once

#include <cstdlib>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

namespace nanomdm::test {

/// Text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
class MetricsText {
public:
    /// @throws std::runtime_error naming the line that is none of the format's, a sample without HELP and
    /// TYPE before it, a family in two places, or the same sample twice.
    explicit MetricsText(const std::string& text) {
        static const std::regex comment{R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))"};
        static const std::regex sample{
            R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)*\})? (\S+))"};
        std::istringstream lines{text};
        if (text.empty() || text.back() != '\n') throw std::runtime_error{"no newline at the end"};
        for (std::string line; std::getline(lines, line);) {
            std::smatch match;
            if (std::regex_match(line, match, comment)) {
                if (match[1] == "TYPE" && !types_.emplace(match[2], match[3]).second)
                    throw std::runtime_error{"a family in two places: " + line};
            } else if (std::regex_match(line, match, sample)) {
                char* end = nullptr;
                const std::string number = match[5];
                const double value = std::strtod(number.c_str(), &end);
                if (*end != '\0') throw std::runtime_error{"no number: " + line};
                if (!types_.contains(family_of(match[1]))) throw std::runtime_error{"no TYPE: " + line};
                if (!samples_.emplace(match[1].str() + match[2].str(), value).second)
                    throw std::runtime_error{"twice: " + line};
            } else {
                throw std::runtime_error{"not in the format: " + line};
            }
        }
    }

    /// @param sample as written: `name` or `name{label="value",other="value"}`
    [[nodiscard]] std::optional<double> value(const std::string& sample) const {
        const auto found = samples_.find(sample);
        return found == samples_.end() ? std::nullopt : std::optional{found->second};
    }
    /// 0 for one that is not there.
    [[nodiscard]] double count(const std::string& sample) const { return value(sample).value_or(0); }
    /// Empty: there is no such family.
    [[nodiscard]] std::string type(const std::string& family) const {
        const auto found = types_.find(family);
        return found == types_.end() ? "" : found->second;
    }
    [[nodiscard]] const std::map<std::string, std::string>& types() const noexcept { return types_; }
    [[nodiscard]] const std::map<std::string, double>& samples() const noexcept { return samples_; }

private:
    [[nodiscard]] std::string family_of(const std::string& name) const {
        if (types_.contains(name)) return name;
        for (const char* suffix : {"_bucket", "_sum", "_count"}) {
            if (name.ends_with(suffix)) return name.substr(0, name.size() - std::string{suffix}.size());
        }
        return name;
    }

    std::map<std::string, std::string> types_; ///< by family
    std::map<std::string, double> samples_;
};

} // namespace nanomdm::test
