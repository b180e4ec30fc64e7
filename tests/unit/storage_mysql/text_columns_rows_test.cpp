// Bytes of any kind come back from a real table as they were, until somebody rewrites the text.
#include "storage/mysql/session.hpp"
#include "storage/mysql/text_columns.hpp"
#include "unit/storage_mysql/schema_scene.hpp"

#include <gtest/gtest.h>

namespace nanomdm::storage::mysql::test {
namespace {

using namespace std::string_literals;

class TextColumnRow : public testing::Test {
protected:
    TextColumnRow() { scene_.migrate(); }

    void store(const std::string& bytes) {
        const TextColumn column{bytes};
        session_.execute(
            "REPLACE INTO commands (command_uuid, request_type, command, command_raw, command_raw_of) "
            "VALUES ('u', 'X', ?, ?, ?)",
            {column.text(), column.raw(), column.raw_of()});
    }
    std::string stored() {
        auto rows =
            session_.query("SELECT " + bytes_of("c.command") + " FROM commands c WHERE c.command_uuid = 'u'");
        return rows.next() ? rows.text(0) : "no row";
    }

    SchemaScene scene_;
    Session session_{scene_.endpoint()};
};

TEST_F(TextColumnRow, GivesBackEveryByte) {
    std::string every_byte;
    for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
    for (const auto& bytes :
         {"<?xml plain"s, "<?xml \xC3\xB6 \xF0\x9F\x98\x80 \x01 \x7F '\"\\"s,
          "<?xml "s + std::string(100'000, 'x'), "<plist>\xC3\xB6</plist>"s, "\xEF\xBB\xBF<?xml ?>"s,
          "<?xml \xFF\xFE"s, "<?xml a\0b"s, ""s, "\0"s, "bplist00 no"s, "<?xml ends in blanks  \n"s,
          "<?xml \xED\xA0\x80"s, "<?xml \xF4\x8F\xBF\xBF"s, every_byte}) {
        store(bytes);
        EXPECT_EQ(stored(), bytes);
    }
}

TEST_F(TextColumnRow, TextRewrittenByNanoMdmWins) {
    store("<plist>ours</plist>");
    session_.execute("UPDATE commands SET command = '<?xml theirs \xC3\xB6' WHERE command_uuid = 'u'");
    EXPECT_EQ(stored(), "<?xml theirs \xC3\xB6");
}

TEST_F(TextColumnRow, DoesNotDependOnTheConnectionsCharacterSet) {
    store("<plist>\xC3\xB6\xF0\x9F\x98\x80</plist>");
    session_.run("SET NAMES latin1");
    EXPECT_EQ(stored(), "<plist>\xC3\xB6\xF0\x9F\x98\x80</plist>");
    session_.run("SET NAMES utf8mb4");
}

} // namespace
} // namespace nanomdm::storage::mysql::test
