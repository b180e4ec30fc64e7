// `-dm`: declarative management is another server's; this one carries its words.
#pragma once

#include "http/upstream/upstream_server.hpp"
#include "nanomdm/service/upstream.hpp"

namespace nanomdm::http {

class DeclarativeUpstream final : public DeclarativeManagementSource {
public:
    explicit DeclarativeUpstream(UpstreamServer& server) noexcept : server_{server} {}

    std::string declarations(const Request& request, const DeclarativeManagement& message) override {
        return server_.ask(request, message.enrollment, message.endpoint, message.data);
    }

private:
    UpstreamServer& server_;
};

} // namespace nanomdm::http
