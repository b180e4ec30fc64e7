// Guard, libplist and the top-level reader on the same bytes: what all accept they must read alike.
#include "nanomdm/error.hpp"
#include "plist/top_level.hpp"
#include "plist/value.hpp"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>

namespace {

using namespace nanomdm;

void require(bool holds, const char* what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

std::map<std::string, plist::Member> last_members(std::string_view body, bool& complete) {
    std::map<std::string, plist::Member> members;
    plist::TopLevel top{body};
    while (auto member = top.next()) {
        auto key = member->key;
        members.insert_or_assign(std::move(key), std::move(*member));
    }
    complete = top.complete();
    return members;
}

void compare(const plist::Dict& root, const plist::Member& member) {
    const char* key = member.key.c_str();
    require(root.kind(key) == member.kind, "kinds are equal");
    if (member.kind == plist::Kind::string) {
        require(root.string(key) == member.string(), "strings are equal");
        const auto plain = member.plain_string();
        require(!plain || *plain == root.string(key), "plain strings are equal");
    }
    if (member.kind == plist::Kind::data) (void)root.data(key);
    if (member.kind == plist::Kind::boolean) (void)root.boolean(key);
    if (member.kind == plist::Kind::integer) (void)root.integer(key);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string body{reinterpret_cast<const char*>(bytes), size};
    bool complete = false;
    const auto members = last_members(body, complete);
    try {
        const auto document = plist::Document::decode(body);
        require(complete, "what the guard passes the top-level reader reads to the end");
        for (const auto& [key, member] : members) compare(document.root(), member);
    } catch (const Error& error) {
        require(error.code() == Errc::invalid, "refused as invalid");
    }
    return 0;
}
