// Bodies of up to 16 MiB, each made to hurt one step of decoding.
#pragma once

#include <string>
#include <vector>

namespace nanomdm::bench {

struct Hostile {
    std::string name;
    std::string body;
};

[[nodiscard]] std::vector<Hostile> hostile_xml();
[[nodiscard]] std::vector<Hostile> hostile_binary();

} // namespace nanomdm::bench
