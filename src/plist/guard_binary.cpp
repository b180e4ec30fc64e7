// The guard for binary lists: walks the tree libplist would build, shared objects as often as they are
// named, and stops as soon as that tree breaks a limit. A cycle is a tree that is too deep.
#include "plist/guard.hpp"

#include "nanomdm/error.hpp"
#include "plist/binary_layout.hpp"
#include "plist/limits.hpp"

#include <string>

namespace nanomdm::plist {
namespace {

[[noreturn]] void refuse(const char* why) {
    throw Error{Errc::invalid, std::string{"binary property list: "} + why};
}

class BinaryGuard {
public:
    explicit BinaryGuard(std::string_view body)
        : layout_{body}, bytes_left_{max_expanded_bytes(body.size())} {}

    void check() { visit(at(layout_.root()), 0); }

private:
    [[nodiscard]] BinaryObject at(std::uint64_t index) const {
        const auto found = layout_.object(index);
        if (!found) refuse("reference to no readable object");
        return *found;
    }

    void visit(const BinaryObject& object, std::size_t depth) {
        work_.on_value();
        switch (object.kind) {
        case Kind::string:
            text(object);
            break;
        case Kind::data:
            spend(object.payload.size());
            break;
        case Kind::array:
        case Kind::dict:
            container(object, depth);
            break;
        default:
            break;
        }
    }

    void container(const BinaryObject& object, std::size_t depth) {
        if (depth == max_depth) refuse("is nested too deep");
        if (object.entries > max_nodes) refuse("has too many values");
        for (std::size_t i = 0; i < object.entries; ++i) {
            const auto first = at(layout_.entry(object, i));
            visit(first, depth + 1);
            if (object.kind == Kind::array) continue;
            if (first.kind != Kind::string) refuse("key is not a string");
            visit(at(layout_.value(object, i)), depth + 1);
        }
        if (object.kind == Kind::dict) work_.on_keys(object.entries);
    }

    void text(const BinaryObject& object) {
        spend(object.payload.size());
        // libplist 2.2 fails on UTF-16 of no length.
        if (object.is_utf16 && object.payload.empty()) refuse("empty UTF-16 string");
        if (!is_clean(object)) refuse("bad Unicode or NUL in a string");
    }

    void spend(std::size_t bytes) {
        if (bytes > bytes_left_) refuse("repeats too much");
        bytes_left_ -= bytes;
    }

    BinaryLayout layout_;
    std::uint64_t bytes_left_;
    Work work_;
};

} // namespace

void guard_binary(std::string_view body) { BinaryGuard{body}.check(); }

} // namespace nanomdm::plist
