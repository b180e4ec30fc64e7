#include "storage/mysql/endpoint.hpp"

namespace nanomdm::storage::mysql {

std::string Endpoint::description() const {
    const auto bracketed = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return user + "@" + (socket.empty() ? bracketed + ":" + std::to_string(port) : socket) + "/" + database;
}

} // namespace nanomdm::storage::mysql
