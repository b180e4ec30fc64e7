// The log: one line per event, `level=info msg="…" key=value`, the trace ID of the request in each.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace nanomdm::log {

enum class Level { debug, info, warning, error };
enum class Format { text, json };

/// A member of a log line. Values are escaped; never pass a secret.
struct Field {
    std::string_view key;
    std::string value;
};

/// Sets the threshold and the shape of lines; call once, before threads start.
/// Lines go to standard error: at once and in colour on a terminal, else within a tenth of a second, warnings
/// and errors at once. Whoever logs never waits for the reader of standard error: when it is 8 MiB behind,
/// lines are dropped, and one line tells how many.
void configure(Level threshold, Format format);
/// Waits until the lines logged so far are written, two seconds at the most. For the last words of a process;
/// done at exit, too.
void flush() noexcept;

[[nodiscard]] bool enabled(Level level) noexcept;
/// A line that there is no memory for is dropped, and counted among the others.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {}) noexcept;

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::info, message, fields);
}
inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::warning, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::error, message, fields);
}

/// What this thread's lines carry now; empty: nothing. For a thread that works on behalf of this one.
[[nodiscard]] std::string_view current_trace() noexcept;

/// While it lives, this thread's lines carry the trace ID.
class TraceScope {
public:
    explicit TraceScope(std::string_view trace_id) noexcept;
    ~TraceScope();
    TraceScope(const TraceScope&) = delete;
    TraceScope& operator=(const TraceScope&) = delete;

private:
    std::string_view outer_;
};

} // namespace nanomdm::log
