// Keys and PEM as the columns have them, and back.
#include "storage/mysql/pem_column.hpp"
#include "storage/mysql/row_key.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace nanomdm::storage::mysql {
namespace {

using std::string;

string repeated(const string& text, int times) {
    string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

/// As utf8mb4_bin compares: to it, trailing spaces are not there.
string padded_away(string key) {
    while (key.ends_with(' ')) key.pop_back();
    return key;
}

TEST(RowKey, IsTheIdItself) {
    EXPECT_EQ(RowKey{EnrollmentId{"A1B2 C:d"}}.text(), "A1B2 C:d");
    EXPECT_EQ(RowKey{CommandUuid{"c\n"}}.text(), "c\n");
}

TEST(RowKey, TellsIdsThatEndInSpacesApart) {
    std::set<string> keys;
    const std::set<string> ids{
        "a", "a ", "a  ", "a   ", " ", "  ", "   ", repeated("x", 254) + " ", repeated("x", 254)};
    for (const auto& id : ids) {
        const RowKey key{EnrollmentId{id}};
        EXPECT_LE(key.text().size(), 255U) << "the column's width";
        EXPECT_EQ(enrollment_id_of(string{key.text()}).str(), id);
        EXPECT_EQ(topic_of(string{RowKey{Topic{id}}.text()}).str(), id);
        keys.insert(padded_away(string{key.text()}));
    }
    EXPECT_EQ(keys.size(), ids.size());
    EXPECT_FALSE(keys.contains("")) << "the tables refuse it";
}

TEST(RowKey, TellsUuidsThatEndInSpacesOrControlsApart) {
    std::set<string> keys;
    const std::set<string> uuids{"a",      "a ",    "a  ", "a\x1f", "a\x1f\x1f", "a \x1f",
                                 "a\x1f ", "a\x1e", " ",   "\x1f",  "\x1f "};
    for (const auto& uuid : uuids) {
        const RowKey key{CommandUuid{uuid}};
        EXPECT_EQ(command_uuid_of(string{key.text()}).str(), uuid) << testing::PrintToString(uuid);
        keys.insert(padded_away(string{key.text()}));
    }
    EXPECT_EQ(keys.size(), uuids.size());
    EXPECT_FALSE(keys.contains(""));
}

TEST(RowKey, RefusesAUuidThatHasNoRoom) {
    EXPECT_EQ(RowKey{CommandUuid{repeated("𝄞", 125) + " "}}.text(), repeated("𝄞", 125) + " \x1f");
    EXPECT_EQ(RowKey{CommandUuid{repeated("𝄞", 127)}}.text(), repeated("𝄞", 127));
    try {
        const RowKey key{CommandUuid{repeated("𝄞", 126) + " "}};
        FAIL() << "made " << key.text();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid);
    }
}

TEST(RowKey, WhatIsNoIdIsCorrupt) {
    for (const auto& key : {string{}, string{"a\nb"}, repeated("x", 256), string{"\xff"}}) {
        try {
            (void)enrollment_id_of(key);
            FAIL() << "accepted " << testing::PrintToString(key);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::corrupt);
        }
    }
}

TEST(PemColumn, TakesPemAsItIs) {
    const string pem = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
    EXPECT_EQ(to_pem_column(pem, certificate_beginning), pem);
    EXPECT_EQ(to_pem_column("-----BEGIN EC PRIVATE KEY-----", key_beginning),
              "-----BEGIN EC PRIVATE KEY-----");
}

TEST(PemColumn, GivesBackWhatItWasGiven) {
    const string empty_block = to_pem_column("", certificate_beginning);
    for (const auto& text : {string{}, string{"Bag Attributes\n-----BEGIN CERTIFICATE-----\n"},
                             string{"----"}, string{"-----BEGIN CERTIFICATE-----\n"}, empty_block,
                             empty_block + empty_block, empty_block + "x"}) {
        for (const auto beginning : {certificate_beginning, key_beginning}) {
            const string column = to_pem_column(text, beginning);
            EXPECT_TRUE(column.starts_with(beginning)) << column;
            EXPECT_EQ(from_pem_column(column), text);
        }
    }
}

} // namespace
} // namespace nanomdm::storage::mysql
