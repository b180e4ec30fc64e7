// The formats on disk: names, checksums, records, readable blocks and state files.
#include "fixtures.hpp"
#include "storage/file/crc32c.hpp"
#include "storage/file/names.hpp"
#include "storage/file/record.hpp"
#include "storage/file/state_file.hpp"
#include "storage/file/text_block.hpp"

#include <gtest/gtest.h>

#include <set>

namespace nanomdm::storage::file {
namespace {

TEST(Crc32cTest, AgreesWithTheStandardsExamples) {
    EXPECT_EQ(crc32c("123456789"), 0xE3069283u);           // the usual check value
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu); // RFC 3720 B.4
    EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
}

TEST(Crc32cTest, BothWaysAgreeAndGoOnWhereTheyStopped) {
    std::string bytes;
    for (int i = 0; i < 100; ++i) {
        bytes += static_cast<char>(i * 37);
        EXPECT_EQ(crc32c(bytes), crc32c_by_table(bytes));
        const auto half = bytes.size() / 2;
        EXPECT_EQ(crc32c(bytes.substr(half), crc32c(bytes.substr(0, half))), crc32c(bytes));
    }
}

TEST(NamesTest, NoTextMakesADangerousName) {
    const std::vector<std::string> texts{".",
                                         "..",
                                         "../../etc",
                                         "a/b",
                                         std::string("a\0b", 3),
                                         ".hidden",
                                         "%41",
                                         "A",
                                         "a",
                                         "é",
                                         "😀",
                                         "a:b",
                                         "~",
                                         std::string(10'000, 'x'),
                                         std::string(199, 'y'),
                                         std::string(200, 'y'),
                                         std::string(201, 'y'),
                                         std::string(255, '/'),
                                         "con",
                                         " "};
    std::set<std::string> names;
    for (const auto& text : texts) {
        const auto name = escaped(text);
        EXPECT_TRUE(names.insert(name).second) << text;
        EXPECT_LE(name.size(), 200u);
        EXPECT_NE(name.front(), '.');
        EXPECT_EQ(name.find_first_of(std::string("/\0", 2)), std::string::npos);
    }
    EXPECT_EQ(escaped("E1D5B5C8-0001_x.y"), "E1D5B5C8-0001_x.y");
}

TEST(NamesTest, LineValuesComeBack) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    const auto line = line_value(all);
    EXPECT_EQ(line.find_first_of(" \n\r"), std::string::npos);
    EXPECT_EQ(from_line_value(line), all);
    EXPECT_THROW((void)from_line_value("%4"), Error);
    EXPECT_THROW((void)from_line_value("%XY"), Error);
}

TEST(RecordTest, EveryKindComesBackTheSame) {
    const std::vector<Record> records{
        AuthenticateRecord{
            1, "id", EnrollmentType::device, "serial", nullptr, shared_bytes("raw"), {"u1", "u2"}, {"c"}},
        TokenUpdateRecord{2, "id", EnrollmentType::user, "parent", "topic", "magic", std::string("\0\1", 2),
                          "s", "l", shared_bytes("unlock"), shared_bytes("raw")},
        CheckOutRecord{3, "id", {"u"}},
        UserAuthenticateRecord{4, "id", EnrollmentType::user, "parent", true, shared_bytes("raw")},
        BootstrapTokenRecord{5, "id", nullptr},
        CertificateRecord{6, "id", std::string(32, 'h'), shared_bytes("pem")},
        EnqueueRecord{7, "uuid", "type", shared_bytes(""), {"a", "b"}},
        ReportRecord{8, "id", "uuid", "NotNow", 3, 77, false, true, false, true, shared_bytes("raw")},
        NotPushableRecord{9, "id"},
        PushCertificateRecord{10, "topic", "cert", "key"},
        LastSeenRecord{11, {{"a", 1}, {"b", -2}}},
        DropCommandsRecord{12, {"x"}},
        CheckpointRecord{13, 14, 15},
        EventRecord{16, "id", "event", "topic", 17, shared_bytes("{}"),
                    std::make_shared<const Effect>(Effect{CheckOutRecord{3, "id", {"u"}}})},
        VisitRecord{18, "id", 19, 20, "why", 21, 22, 23, 24},
        ReplayRecord{25, 26},
        ShedRecord{27, 28, {{"a", 29}}}};
    EXPECT_EQ(records.size(), std::variant_size_v<Record>);
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto bytes = encode(records[i]);
        const auto again = decode(bytes);
        EXPECT_EQ(again.index(), i);
        EXPECT_EQ(encode(again), bytes);
        for (std::size_t cut = 0; cut < bytes.size(); ++cut)
            EXPECT_THROW((void)decode(bytes.substr(0, cut)), Error);
        EXPECT_THROW((void)decode(bytes + "x"), Error);
    }
    const auto back = std::get<ReportRecord>(decode(encode(records[7])));
    EXPECT_EQ(back.not_now_tally, 3u);
    EXPECT_EQ(back.first_not_now, 77);
    EXPECT_EQ(*back.raw, "raw");
    EXPECT_TRUE(back.drops_results);
}

TEST(TextBlockTest, BlocksOfAnyBytesComeBackAndACutOneEndsTheWalk) {
    const std::string payload = std::string("bin\0ary\n#result fake\n", 21);
    const auto first = TextBlock{"result"}.set("uuid", "a b=c%\n").set("lsn", 7).encoded(payload);
    const auto second = TextBlock{"result"}.set("uuid", "").set("lsn", 8).encoded("");
    const std::string file = first + second;
    for (std::size_t cut = first.size(); cut < file.size(); ++cut) {
        const std::string part = file.substr(0, cut);
        TextBlocks walk{part};
        const auto block = walk.next();
        ASSERT_TRUE(block);
        EXPECT_EQ(block->payload(), payload);
        EXPECT_EQ(block->text("uuid"), "a b=c%\n");
        EXPECT_EQ(block->number("lsn"), 7u);
        EXPECT_FALSE(walk.next());
        EXPECT_EQ(walk.end(), first.size());
        EXPECT_EQ(walk.is_complete(), cut == first.size());
    }
    for (std::size_t at = 0; at < first.size(); ++at) {
        std::string damaged = first;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        EXPECT_FALSE(TextBlocks{damaged}.next()) << at;
    }
}

TEST(TextBlockTest, TimesComeBackToTheNanosecond) {
    for (const Timestamp at : {Timestamp{0}, Timestamp{1}, Timestamp{1'763'917'000'123'456'789}})
        EXPECT_EQ(time_from_text(time_text(at)), at);
    EXPECT_EQ(time_text(1'763'917'000'000'000'001), "2025-11-23T16:56:40.000000001Z");
    EXPECT_THROW((void)time_from_text("yesterday"), Error);
}

TEST(StateFileTest, AnEntryComesBackAndDamageIsSeen) {
    Index index;
    auto& entry = index.find_or_add("mac:user");
    index.set_parent(entry, "mac");
    entry.type = EnrollmentType::shared_ipad;
    entry.lsn = 99;
    entry.is_known = entry.is_completed = entry.is_enabled = true;
    entry.is_pushable = false;
    entry.tally = 3;
    entry.token_updated = 123;
    entry.topic = index.shared_topic("top ic");
    entry.push_magic = "m%g";
    entry.push_token = std::string("\0\xff", 2);
    entry.short_name = "s";
    entry.long_name = "a\nb";
    entry.bodies[2] = {true, 0xDEADBEEF, 5};
    CertificateHash certificate{};
    certificate[5] = 0xAB;
    index.add_certificate(entry, certificate);
    index.add_pending(entry, index.find_or_add_command("uu id"), 2, 456);
    const auto text = state_text(entry);

    Index other;
    EXPECT_EQ(state_text(read_state(text, other)), text);
    EXPECT_EQ(other.owner(certificate), other.find("mac:user"));
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 2);
        Index another;
        EXPECT_THROW(read_state(damaged, another), Error) << at;
    }
}

} // namespace
} // namespace nanomdm::storage::file
