// The members, and the ID NanoMDM makes of them.
#include "support/simulator/channel.hpp"

#include <utility>

namespace nanomdm::sim {
namespace {
constexpr const char* shared_ipad_user = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF";
}

Channel Channel::device(std::string udid) {
    Channel channel;
    channel.udid = std::move(udid);
    return channel;
}

Channel Channel::user(std::string udid, std::string user_id, std::string short_name, std::string long_name) {
    Channel channel;
    channel.udid = std::move(udid);
    channel.user_id = std::move(user_id);
    channel.user_short_name = std::move(short_name);
    channel.user_long_name = std::move(long_name);
    return channel;
}

Channel Channel::shared_ipad(std::string udid, std::string short_name) {
    return user(std::move(udid), shared_ipad_user, std::move(short_name), "");
}

Channel Channel::user_enrollment_device(std::string enrollment_id) {
    Channel channel;
    channel.enrollment_id = std::move(enrollment_id);
    return channel;
}

Channel Channel::user_enrollment(std::string enrollment_id, std::string enrollment_user_id,
                                 std::string short_name, std::string long_name) {
    Channel channel = user_enrollment_device(std::move(enrollment_id));
    channel.enrollment_user_id = std::move(enrollment_user_id);
    channel.user_short_name = std::move(short_name);
    channel.user_long_name = std::move(long_name);
    return channel;
}

std::string Channel::id() const {
    if (udid.empty())
        return enrollment_user_id.empty() ? enrollment_id : enrollment_id + ":" + enrollment_user_id;
    if (user_id.empty()) return udid;
    return udid + ":" + (user_id == shared_ipad_user ? user_short_name : user_id);
}

Dict Channel::members() const {
    Dict dict;
    const auto add = [&dict](const char* key, const std::string& value) {
        if (!value.empty()) dict.string(key, value);
    };
    add("UDID", udid);
    add("UserID", user_id);
    add("EnrollmentID", enrollment_id);
    add("EnrollmentUserID", enrollment_user_id);
    add("UserShortName", user_short_name);
    add("UserLongName", user_long_name);
    return dict;
}

} // namespace nanomdm::sim
