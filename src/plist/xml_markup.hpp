// Where XML markup begins and ends.
#pragma once

#include <string_view>

namespace nanomdm::plist {

constexpr std::string_view comment_start = "<!--";
constexpr std::string_view comment_end = "-->";
constexpr std::string_view cdata_start = "<![CDATA[";
constexpr std::string_view cdata_end = "]]>";
constexpr std::string_view instruction_start = "<?";
constexpr std::string_view instruction_end = "?>";
constexpr std::string_view doctype_start = "<!DOCTYPE";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

} // namespace nanomdm::plist
