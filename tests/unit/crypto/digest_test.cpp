#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "encoding/hex.hpp"

#include <gtest/gtest.h>
#include <set>

using namespace nanomdm;

// FIPS 180-4 examples.
TEST(Digest, Sha256HasTheStandardsVectors) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("abc")), sha256_hex("abc"));
}

// RFC 4231, cases 1, 2 and 6.
TEST(Digest, HmacSha256HasTheRfcsVectors) {
    EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, HmacTakesAnEmptyKeyAndNoBytes) {
    EXPECT_EQ(to_hex(hmac_sha256({}, {})),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, HexIsLowerCaseWithLeadingZeros) {
    EXPECT_EQ(to_hex(std::string{"\x00\x0f\xa0\xff", 4}), "000fa0ff");
}

TEST(Digest, ConstantTimeEqualComparesContentAndLength) {
    EXPECT_TRUE(constant_time_equal("", ""));
    EXPECT_TRUE(constant_time_equal("secret", "secret"));
    EXPECT_FALSE(constant_time_equal("secret", "secreT"));
    EXPECT_FALSE(constant_time_equal("secret", "secret "));
    EXPECT_FALSE(constant_time_equal("secret", std::string_view{"secret\0", 7}));
    EXPECT_FALSE(constant_time_equal("", "s"));
}

TEST(RandomBytes, HasTheLengthAskedForAndDoesNotRepeat) {
    EXPECT_EQ(random_bytes(0), "");
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        auto bytes = random_bytes(16);
        EXPECT_EQ(bytes.size(), 16U);
        EXPECT_TRUE(seen.insert(std::move(bytes)).second);
    }
}
