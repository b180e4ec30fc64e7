#include "crypto/pem.hpp"

#include <gtest/gtest.h>

using namespace nanomdm::crypto;

TEST(Pem, WritesLinesOf64Characters) {
    EXPECT_EQ(write_pem("X", std::string(49, '\0')),
              "-----BEGIN X-----\n" + std::string(64, 'A') + "\nAA==\n-----END X-----\n");
    EXPECT_EQ(write_pem("X", ""), "-----BEGIN X-----\n-----END X-----\n");
}

TEST(Pem, ReadsWhatItWrites) {
    for (std::size_t size = 0; size < 200; ++size) {
        const std::string der(size, 'd');
        const auto pem = write_pem("SOME THING", der);
        const auto blocks = read_pem(pem);
        ASSERT_EQ(blocks.size(), 1U);
        EXPECT_EQ(blocks[0].label, "SOME THING");
        EXPECT_EQ(blocks[0].der, der);
    }
}

TEST(Pem, ReadsBlocksGluedTogetherAndTextBetween) {
    const auto blocks =
        read_pem("Bag Attributes\n-----BEGIN A-----Zm9v-----END A----------BEGIN B-----\r\nYmFy\r\n"
                 "-----END B-----trailing\n-----BEGIN C----- Y m\tF y -----END C-----");
    ASSERT_EQ(blocks.size(), 3U);
    EXPECT_EQ(blocks[0].der, "foo");
    EXPECT_EQ(blocks[1].der, "bar");
    EXPECT_EQ(blocks[2].der, "bar");
}

TEST(Pem, BrokenBlocksAreNotTaken) {
    for (const auto* text : {"-----BEGIN A-----Zm9v", "-----BEGIN A-----Zm9v-----END B-----", "-----BEGIN A",
                             "-----BEGIN ", "-----BEGIN A-----Zm9v-----END A---", "-----END A-----"})
        EXPECT_TRUE(read_pem(text).empty()) << text;
    const auto not_base64 = read_pem("-----BEGIN A-----Zm9-----END A-----");
    ASSERT_EQ(not_base64.size(), 1U);
    EXPECT_EQ(not_base64[0].der, std::nullopt);
}

TEST(Pem, UnfinishedBlockDoesNotSwallowTheNext) {
    const auto blocks = read_pem("-----BEGIN A-----Zm9v-----BEGIN A-----YmFy-----END A-----");
    ASSERT_EQ(blocks.size(), 1U);
    EXPECT_EQ(blocks[0].der, "bar");
}

TEST(Pem, BothKindsOfEncryptionAreSeen) {
    EXPECT_TRUE(read_pem("-----BEGIN ENCRYPTED PRIVATE KEY-----Zm9v-----END ENCRYPTED PRIVATE KEY-----")[0]
                    .encrypted);
    const auto old =
        read_pem("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"
                 "Zm9v\n-----END RSA PRIVATE KEY-----\n");
    ASSERT_EQ(old.size(), 1U);
    EXPECT_TRUE(old[0].encrypted);
    EXPECT_EQ(old[0].der, std::nullopt);
}

TEST(Pem, HostileTextTakesLinearTime) {
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += "-----BEGIN A-----";
    EXPECT_TRUE(read_pem(text).empty()); // quadratic would be 10^10 steps: the test's time-out
}
