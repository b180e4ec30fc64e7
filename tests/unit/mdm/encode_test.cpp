// Answers with a body: what a device reads back from them.
#include "mdm/encode.hpp"
#include "plist/value.hpp"

#include <gtest/gtest.h>

namespace nanomdm {
namespace {

using namespace std::string_literals;

TEST(Encode, BootstrapTokenIsDataOfTheSameBytes) {
    const auto token = "\0\xff<&>\r\n"s;
    EXPECT_EQ(plist::Document::decode(encode_bootstrap_token(token)).root().data("BootstrapToken"), token);
}

TEST(Encode, TokenDataIsDataOfTheSameBytes) {
    const std::string data(100'000, '\x80');
    EXPECT_EQ(plist::Document::decode(encode_token_data(data)).root().data("TokenData"), data);
}

TEST(Encode, DigestChallengeMayBeEmpty) {
    EXPECT_EQ(plist::Document::decode(encode_digest_challenge("")).root().string("DigestChallenge"), "");
    EXPECT_EQ(plist::Document::decode(encode_digest_challenge("Digest realm=\"a&b\""))
                  .root()
                  .string("DigestChallenge"),
              "Digest realm=\"a&b\"");
}

} // namespace
} // namespace nanomdm
