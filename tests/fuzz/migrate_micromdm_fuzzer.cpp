// MicroMDM's records: any bytes give an enrollment whose messages this server reads itself, or an error.
#include "fuzz/edits.hpp"
#include "fuzz/migrate_sink.hpp"
#include "mdm/decode.hpp"
#include "migrate/micromdm/commands.hpp"
#include "migrate/micromdm/enrollments.hpp"
#include "migrate/micromdm/records.hpp"

#include <vector>

namespace {

using namespace nanomdm;
using namespace nanomdm::migrate::micromdm;

void check(const MadeEnrollment& made) {
    const auto& [state, messages, at, unconfirmed, identity, hashes, may_claim, bootstrap, commands] =
        made.enrollment;
    const auto token_update = std::get<TokenUpdate>(decode_check_in(messages.token_update.value()));
    fuzz::require(token_update.enrollment == state.enrollment, "TokenUpdate is of the enrollment");
    fuzz::require(token_update.push == state.push, "TokenUpdate has its push info");
    fuzz::require(token_update.unlock_token == messages.unlock_token.value_or(""), "and its unlock token");
    fuzz::require(token_update.user_short_name.str() == state.user_short_name, "and the user's name");
    if (!messages.authenticate) return;
    const auto authenticate = std::get<Authenticate>(decode_check_in(*messages.authenticate));
    fuzz::require(authenticate.enrollment == state.enrollment, "Authenticate is of the enrollment");
    fuzz::require(authenticate.serial_number.str() == state.serial_number, "and has its serial number");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::Input input{bytes, size};
    const auto kind = input.byte() % 5;
    const auto rest = input.rest();
    // In memory of just its size, for AddressSanitizer.
    const std::vector<char> exact(rest.begin(), rest.end());
    const std::string_view record{exact.data(), exact.size()};
    const PushRecord push{.token = "aabb", .push_magic = "magic", .mdm_topic = "topic"};
    fuzz::attempt([&] {
        switch (kind) {
        case 0:
            check(make_device(DeviceRecord::decode(record), push));
            break;
        case 1:
            check(make_user(UserRecord::decode(record), push));
            break;
        case 2:
            check(make_user_enrollment("enrollment", PushRecord::decode(record)));
            break;
        case 3: {
            fuzz::CheckingSink sink;
            for (const auto& command : pending_commands("key", record, {}, sink))
                fuzz::require(decode_command(command.command.raw) == command.command, "command stays itself");
            break;
        }
        default:
            static_cast<void>(ServerConfigRecord::decode(record));
        }
    });
    return 0;
}
