// `-get-token-url`: tokens come from another server, which is asked as for declarative management.
#pragma once

#include "http/upstream/upstream_server.hpp"
#include "nanomdm/service/upstream.hpp"

namespace nanomdm::http {

/// The path below the URL is the TokenServiceType; TokenParameters, if there are any, go as a JSON object.
class TokenUpstream final : public TokenSource {
public:
    explicit TokenUpstream(UpstreamServer& server) noexcept : server_{server} {}

    /// A 404 is nullopt: the server has no such type.
    std::optional<std::string> token(const Request& request, const GetToken& message) override;

private:
    UpstreamServer& server_;
};

} // namespace nanomdm::http
