// Property lists as Apple devices write them, independent of the server's own codec.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanomdm::sim {

/// An XML dictionary under construction; members stay in the order given.
class Dict {
public:
    Dict& string(std::string_view key, std::string_view value);
    Dict& integer(std::string_view key, std::int64_t value);
    Dict& real(std::string_view key, double value);
    Dict& boolean(std::string_view key, bool value);
    /// @param bytes raw; written as base64.
    Dict& bytes(std::string_view key, std::string_view bytes);
    Dict& dict(std::string_view key, const Dict& value);
    Dict& array(std::string_view key, const std::vector<Dict>& values);
    Dict& strings(std::string_view key, const std::vector<std::string>& values);
    /// All members of the other dictionary, after those here.
    Dict& merge(const Dict& other);

    [[nodiscard]] bool empty() const noexcept { return members_.empty(); }
    /// With the XML declaration and DOCTYPE.
    [[nodiscard]] std::string document() const;

private:
    std::string element() const;
    Dict& member(std::string_view key, std::string element);

    std::string members_;
};

/// What a device needs to know of a command.
struct ReceivedCommand {
    std::string uuid;
    std::string request_type;
    std::string raw; ///< byte for byte as received
};

/// Reads a command with libplist. @throws std::runtime_error when it is not one.
[[nodiscard]] ReceivedCommand parse_command(std::string raw);

/// A string or data member at the top level of a property list.
/// @return nullopt when there is no such member. @throws std::runtime_error on undecodable input.
[[nodiscard]] std::optional<std::string> top_level_member(std::string_view plist, std::string_view key);

/// The same content as a binary property list.
[[nodiscard]] std::string to_binary(std::string_view xml_plist);

/// A command an administrator could enqueue.
[[nodiscard]] std::string command_plist(std::string_view uuid, std::string_view request_type);

[[nodiscard]] std::string base64(std::string_view bytes);

} // namespace nanomdm::sim
