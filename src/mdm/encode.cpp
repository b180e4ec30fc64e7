// The three answers with a body, each a dict of one member.
#include "mdm/encode.hpp"

#include "plist/xml_writer.hpp"

namespace nanomdm {

std::string encode_bootstrap_token(std::string_view token) {
    plist::XmlWriter writer;
    writer.begin_dict().key("BootstrapToken").data(token);
    return writer.finish();
}

std::string encode_token_data(std::string_view data) {
    plist::XmlWriter writer;
    writer.begin_dict().key("TokenData").data(data);
    return writer.finish();
}

std::string encode_digest_challenge(std::string_view challenge) {
    plist::XmlWriter writer;
    writer.begin_dict().key("DigestChallenge").string(challenge);
    return writer.finish();
}

} // namespace nanomdm
