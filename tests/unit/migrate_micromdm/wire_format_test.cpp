// Protocol buffers as encoders of other versions and hostile hands write them.
#include "migrate/micromdm/records.hpp"
#include "migrate/micromdm/wire_format.hpp"
#include "nanomdm/error.hpp"
#include "support/bolt/micromdm_database.hpp"
#include "support/bolt/proto_record.hpp"

#include <gtest/gtest.h>

namespace nanomdm::migrate::micromdm {
namespace {

using test::ProtoRecord;
using namespace std::literals;

std::size_t count_fields(std::string_view record) {
    WireReader reader{record};
    std::size_t fields = 0;
    while (reader.next()) ++fields;
    return fields;
}

TEST(WireFormat, FieldsOfAllKindsAreRead) {
    WireReader reader{"\x08\x96\x01\x12\x02hi\x19"
                      "12345678"
                      "\x25"
                      "1234"
                      "\x2B\x08\x01\x2C\x30\x00"sv};
    auto field = reader.next().value();
    EXPECT_EQ(field.number, 1U);
    EXPECT_EQ(field.integer, 150U);
    field = reader.next().value();
    EXPECT_EQ(field.number, 2U);
    EXPECT_EQ(field.bytes, "hi");
    for (const auto number : {3U, 4U, 5U}) {
        field = reader.next().value();
        EXPECT_EQ(field.number, number);
        EXPECT_EQ(field.kind, WireField::Kind::other);
    }
    EXPECT_EQ(reader.next()->kind, WireField::Kind::integer);
    EXPECT_FALSE(reader.next());
}

TEST(WireFormat, NegativeNumbersTakeTenBytes) {
    const auto record = ProtoRecord{}.add(1, std::int64_t{-1}).str();
    EXPECT_EQ(record.size(), 11U);
    EXPECT_EQ(WireReader{record}.next()->integer, ~std::uint64_t{0});
}

TEST(WireFormat, WhatMakesNoSenseIsRefused) {
    for (const auto record : {"\x08"sv, "\x08\x80"sv, "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"sv,
                              "\x12\x05hi"sv, "\x12\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01hi"sv,
                              "\x19"
                              "1234567"sv,
                              "\x25"
                              "123"sv,
                              "\x2B"sv, "\x2B\x08\x01"sv, "\x2B\x34"sv, "\x2C"sv, "\x0E"sv, "\x0F"sv,
                              "\x00\x01"sv, "\x88\x80\x80\x80\x80\x01\x00"sv})
        EXPECT_THROW(static_cast<void>(count_fields(record)), Error) << testing::PrintToString(record);
}

TEST(WireFormat, GroupsOfAnyDepthAreSkippedWithoutRecursion) {
    EXPECT_EQ(count_fields(std::string(1'000'000, '\x2B') + std::string(1'000'000, '\x2C')), 1U);
    EXPECT_THROW(static_cast<void>(count_fields(std::string(1'000'000, '\x2B'))), Error);
}

TEST(WireFormat, OfARepeatedFieldTheLastCountsAndAnotherKindOrNumberIsPassedOver) {
    const auto record = ProtoRecord{}
                            .add(2, "first")
                            .add(2, "last")
                            .add(2, std::int64_t{7})
                            .add(13, "true")
                            .add(13, std::int64_t{1})
                            .add(99, "of a later version")
                            .str();
    const auto device = DeviceRecord::decode(record);
    EXPECT_EQ(device.udid, "last");
    EXPECT_TRUE(device.enrolled);
}

TEST(WireFormat, ARecordCutOffAnywhereIsReadOrRefused) {
    const auto record = test::MicroMdmDevice{.udid = "udid",
                                             .serial_number = "serial",
                                             .unlock_token = std::string(300, 'a'),
                                             .last_seen = 1'700'000'000'000'000'000,
                                             .bootstrap_token = "token"}
                            .encode();
    std::size_t refused = 0;
    for (std::size_t size = 0; size < record.size(); ++size) {
        // In memory of just that size, for AddressSanitizer.
        const std::vector<char> cut(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(size));
        try {
            static_cast<void>(DeviceRecord::decode({cut.data(), cut.size()}));
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::corrupt);
            ++refused;
        }
    }
    EXPECT_GT(refused, record.size() - 15);
}

} // namespace
} // namespace nanomdm::migrate::micromdm
