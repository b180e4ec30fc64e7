#include "storage/mysql/endpoint.hpp"

namespace nanomdm::storage::mysql {

std::string Endpoint::description() const {
    return user + "@" + (socket.empty() ? host + ":" + std::to_string(port) : socket) + "/" + database;
}

} // namespace nanomdm::storage::mysql
