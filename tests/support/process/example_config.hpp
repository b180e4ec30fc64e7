// The configurations in docs/examples, made to run in a test: what is documented is what is tested.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::test {

using Replacements = std::vector<std::pair<std::string, std::string>>;

/// @param text in which each of the replacements is made wherever it fits
/// @throws std::runtime_error when one fits nowhere: the example is another than the test believes.
[[nodiscard]] std::string replace_all(std::string text, const Replacements& replacements);

/// A file of docs/examples, adapted.
[[nodiscard]] std::string example_config(std::string_view name, const Replacements& replacements);

} // namespace nanomdm::test
