// Message bodies for tests, as a list of members in XML or binary form.
#pragma once

#include "plist/xml_writer.hpp"
#include "unit/plist/binary_builder.hpp"
#include "unit/plist/documents.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::test {

/// A flat dict, written in the order its members were added.
class Body {
public:
    Body& string(std::string_view key, std::string_view text) {
        xml_.key(key).string(text);
        binary_.emplace_back(objects_.ascii(key), objects_.ascii(text));
        return *this;
    }
    Body& data(std::string_view key, std::string_view bytes) {
        xml_.key(key).data(bytes);
        binary_.emplace_back(objects_.ascii(key), objects_.data(bytes));
        return *this;
    }
    Body& integer(std::string_view key, std::int64_t value) {
        xml_.key(key).integer(value);
        binary_.emplace_back(objects_.ascii(key), objects_.integer(static_cast<std::uint64_t>(value)));
        return *this;
    }
    Body& dict(std::string_view key) {
        xml_.key(key).begin_dict().end();
        binary_.emplace_back(objects_.ascii(key), objects_.dict({}));
        return *this;
    }

    [[nodiscard]] std::string xml() const { return plist::XmlWriter{xml_}.finish(); }
    [[nodiscard]] std::string binary() const {
        auto objects = objects_;
        return objects.finish(objects.dict(binary_));
    }

private:
    plist::XmlWriter xml_ = [] {
        plist::XmlWriter writer;
        writer.begin_dict();
        return writer;
    }();
    BinaryBuilder objects_;
    std::vector<std::pair<BinaryBuilder::Ref, BinaryBuilder::Ref>> binary_;
};

inline Body check_in(std::string_view message_type) {
    return Body{}.string("MessageType", message_type).string("UDID", "U-1");
}

inline Body token_update() {
    return check_in("TokenUpdate")
        .string("Topic", "com.apple.mgmt.External.1")
        .string("PushMagic", "magic")
        .data("Token", "\x01\x02\xff");
}

} // namespace nanomdm::test
