// One small read per token.
#include "service/token_files.hpp"

#include <fstream>
#include <iterator>

namespace nanomdm::service {
namespace {

std::string content_of(const std::string& path) {
    try {
        std::ifstream file{path, std::ios::binary};
        file.exceptions(std::ios::badbit);
        if (file) return {std::istreambuf_iterator<char>{file}, {}}; // throws for a directory
    } catch (const std::ios_base::failure&) {
    }
    throw Error{Errc::unavailable, "cannot read " + path};
}

} // namespace

std::optional<std::string> TokenFiles::token(const Request& request, const GetToken& message) {
    const auto file = files_.find(message.service_type);
    if (file != files_.end()) return content_of(file->second);
    return others_ != nullptr ? others_->token(request, message) : std::nullopt;
}

} // namespace nanomdm::service
