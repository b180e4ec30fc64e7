// Writes XML property lists: the few answers that have a body, and messages in tests and the simulator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::plist {

/// Members and values are appended in the order they are to appear; the caller keeps keys and values
/// paired. Text must be UTF-8.
class XmlWriter {
public:
    XmlWriter();

    XmlWriter& begin_dict();
    XmlWriter& begin_array();
    /// Closes the innermost open container.
    XmlWriter& end();
    XmlWriter& key(std::string_view name);
    XmlWriter& string(std::string_view text);
    XmlWriter& data(std::string_view bytes);
    XmlWriter& boolean(bool value);
    XmlWriter& integer(std::int64_t value);

    /// Closes what is open and hands out the document; the writer is spent.
    [[nodiscard]] std::string finish();

private:
    XmlWriter& element(std::string_view name, std::string_view text);
    void indent();
    void escape(std::string_view text);

    std::string document_;
    std::vector<std::string_view> open_;
};

} // namespace nanomdm::plist
