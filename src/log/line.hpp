// One log line as text: `time=… level=info msg="…" key=value`, or a JSON object.
#pragma once

#include "log/log.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace nanomdm::log {

enum class Colour { no, yes };

/// With the time and the trace ID of this thread, without the line's end. What strangers sent is escaped: it
/// cannot forge lines or members.
/// @return valid until this thread's next line: its buffer is kept.
[[nodiscard]] const std::string& text_line(Level level, std::string_view message,
                                           std::initializer_list<Field> fields, Colour colour);

/// The same in JSON.
[[nodiscard]] std::string json_line(Level level, std::string_view message,
                                    std::initializer_list<Field> fields);

} // namespace nanomdm::log
