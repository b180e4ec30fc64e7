// From body to message to core.
#include "http/api/migration_endpoint.hpp"

#include "http/mdm/check_in_answer.hpp"
#include "mdm/decode.hpp"
#include "nanomdm/error.hpp"

#include <utility>

namespace nanomdm::http {

HttpResponse MigrationEndpoint::take(HttpRequest& http) {
    const CheckIn message = decode_check_in(std::move(http.body));
    if (asks_upstream(message)) throw Error{Errc::invalid, "a message that changes nothing to migrate"};
    const Request request{.certificate = nullptr, .url_params = {}, .trace_id = http.trace_id};
    return std::visit(CheckInAnswer{core_, request}, message);
}

} // namespace nanomdm::http
