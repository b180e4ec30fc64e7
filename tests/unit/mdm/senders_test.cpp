// Every message from every type of enrollment, XML and binary.
#include "mdm/decode.hpp"
#include "unit/mdm/bodies.hpp"

#include <gtest/gtest.h>
#include <tuple>

namespace nanomdm {
namespace {

using test::Body;

struct Sender {
    EnrollmentType type;
    std::string id;
    std::vector<std::pair<std::string, std::string>> members;
};

const std::vector<Sender>& senders() {
    static const std::vector<Sender> all{
        {EnrollmentType::device, "U", {{"UDID", "U"}}},
        {EnrollmentType::user, "U:X", {{"UDID", "U"}, {"UserID", "X"}, {"UserShortName", "jo"}}},
        {EnrollmentType::shared_ipad,
         "U:jo",
         {{"UDID", "U"}, {"UserID", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"}, {"UserShortName", "jo"}}},
        {EnrollmentType::user_enrollment_device, "E", {{"EnrollmentID", "E"}}},
        {EnrollmentType::user_enrollment, "E:X", {{"EnrollmentID", "E"}, {"EnrollmentUserID", "X"}}},
    };
    return all;
}

const std::vector<std::string> message_types{
    "Authenticate",          "TokenUpdate",       "CheckOut",
    "UserAuthenticate",      "SetBootstrapToken", "GetBootstrapToken",
    "DeclarativeManagement", "GetToken",          "report"};

Body body_of(const std::string& message_type, const Sender& sender) {
    Body body;
    for (const auto& [key, value] : sender.members) body.string(key, value);
    if (message_type == "report") return body.string("Status", "Idle");
    body.string("MessageType", message_type);
    if (message_type == "TokenUpdate") body.string("Topic", "T").string("PushMagic", "M").data("Token", "t");
    if (message_type == "DeclarativeManagement") body.string("Endpoint", "tokens");
    if (message_type == "GetToken") body.string("TokenServiceType", "com.apple.maid");
    return body;
}

Message decode(const std::string& message_type, const std::string& body) {
    if (message_type == "report") return decode_command_report(body);
    return std::visit([](const Message& message) { return message; }, decode_check_in(body));
}

class Senders : public testing::TestWithParam<std::tuple<std::size_t, std::string>> {};

TEST_P(Senders, AreRecognized) {
    const auto& sender = senders()[std::get<0>(GetParam())];
    const auto& message_type = std::get<1>(GetParam());
    const auto body = body_of(message_type, sender);
    for (const auto& bytes : {body.xml(), body.binary()}) {
        if (message_type == "Authenticate" && sender.id.find(':') != std::string::npos) {
            test::expect_invalid([&] { (void)decode(message_type, bytes); }, "Authenticate of a user");
            continue;
        }
        const auto message = decode(message_type, bytes);
        EXPECT_EQ(message.enrollment.type, sender.type);
        EXPECT_EQ(message.enrollment.id.str(), sender.id);
        EXPECT_EQ(message.enrollment.device().str(), sender.id.substr(0, sender.id.find(':')));
        EXPECT_EQ(message.raw, bytes);
        EXPECT_EQ(peek_message_type(bytes), message_type == "report" ? "" : message_type);
    }
}

INSTANTIATE_TEST_SUITE_P(AllMessages, Senders,
                         testing::Combine(testing::Range(std::size_t{0}, std::size_t{5}),
                                          testing::ValuesIn(message_types)),
                         [](const auto& named) {
                             return std::get<1>(named.param) + std::to_string(std::get<0>(named.param));
                         });

} // namespace
} // namespace nanomdm
