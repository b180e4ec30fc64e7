// Reads an example and puts the ports and files of the test where the administrator would put others.
#include "support/process/example_config.hpp"

#include "support/process/temp_dir.hpp"

#include <filesystem>
#include <stdexcept>

namespace nanomdm::test {

std::string replace_all(std::string text, const Replacements& replacements) {
    for (const auto& [from, to] : replacements) {
        auto at = text.find(from);
        if (at == std::string::npos) throw std::runtime_error{"the example does not say: " + from};
        for (; at != std::string::npos; at = text.find(from, at + to.size()))
            text.replace(at, from.size(), to);
    }
    return text;
}

std::string example_config(std::string_view name, const Replacements& replacements) {
    return replace_all(read_file(std::filesystem::path{NANOMDM_EXAMPLES} / name), replacements);
}

} // namespace nanomdm::test
