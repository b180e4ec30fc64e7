#include "encoding/base64.hpp"

#include "crypto/random.hpp"

#include <gtest/gtest.h>

using namespace nanomdm;
using namespace std::string_literals;

// RFC 4648 section 10.
TEST(Base64, HasTheTestVectorsOfTheRfc) {
    const std::pair<std::string, std::string> vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base64_encode(bytes), text);
        EXPECT_EQ(base64_decode(text), bytes);
    }
}

TEST(Base64, RoundTripsBytesOfEveryLengthAndValue) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    EXPECT_EQ(base64_decode(base64_encode(all)), all);
    for (std::size_t size = 0; size < 100; ++size) {
        const auto bytes = random_bytes(size);
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    }
}

TEST(Base64, RefusesEveryCharacterOutsideTheAlphabetAtEveryPlace) {
    const std::string good = "Zm9vYmFyZm9v";
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 0; c < 256; ++c) {
        for (std::size_t at = 0; at < good.size(); ++at) {
            auto text = good;
            text[at] = static_cast<char>(c);
            const bool allowed = alphabet.find(static_cast<char>(c)) != std::string::npos ||
                                 (c == '=' && at == good.size() - 1);
            EXPECT_EQ(base64_decode(text).has_value(), allowed) << "character " << c << " at " << at;
        }
    }
}

TEST(Base64, RefusesMissingMisplacedAndSurplusPadding) {
    for (const auto* text : {"Z", "Zg", "Zg=", "Zg===", "=", "==", "===", "====", "Z===", "Zg==Zg==", "Zm=v",
                             "=m9v", "Zm9v====", "Zm9v=", "Zm9vZ"})
        EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

TEST(Base64, RefusesWhitespaceAndUrlAlphabet) {
    EXPECT_EQ(base64_decode("Zm9v\nZm9"), std::nullopt);
    EXPECT_EQ(base64_decode("Zm9vZg==\n"), std::nullopt);
    EXPECT_EQ(base64_decode("____"), std::nullopt);
    EXPECT_EQ(base64_decode("Zm9v\0Zm9"s), std::nullopt);
}

TEST(Base64, IgnoresUnusedBitsOfTheLastCharacter) { EXPECT_EQ(base64_decode("Zh=="), "f"); }
