// Bodies that carry their IDs: JSON and multipart forms, well-formed and not.
#include "http/api/bulk_request.hpp"
#include "http/api/multipart.hpp"
#include "nanomdm/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

using ::testing::ElementsAre;

BulkRequest parse(const std::string& type, const std::string& body) {
    HttpRequest http;
    http.headers.add("Content-Type", type);
    http.body = body;
    return parse_bulk_request(http);
}

TEST(BulkRequest, Json) {
    const auto bulk = parse("Application/JSON; charset=utf-8",
                            R"({"ids": ["A", "B,C"], "command": "<plist/>", "no_push": true})");
    EXPECT_THAT(bulk.ids, ElementsAre("A", "B,C"));
    EXPECT_EQ(bulk.command, "<plist/>");
    EXPECT_TRUE(bulk.no_push);
}

TEST(BulkRequest, JsonMembersButIdsAreOptional) {
    const auto bulk = parse("application/json", R"({"ids": ["A"]})");
    EXPECT_TRUE(bulk.command.empty());
    EXPECT_FALSE(bulk.no_push);
}

TEST(BulkRequest, MalformedJsonIsRefused) {
    for (const auto* body :
         {"", "[]", "{}", R"({"ids": []})", R"({"ids": "A"})", R"({"ids": [1]})",
          R"({"ids": ["A"], "command": 1})", R"({"ids": ["A"], "no_push": "yes"})",
          R"({"ids": ["A"], "nopush": true})", "{\"ids\": [\"\xff\"]}", R"({"ids": ["A"]} trailing)"})
        EXPECT_THROW((void)parse("application/json", body), Error) << body;
    EXPECT_THROW((void)parse("application/json", std::string(100'000, '[')), Error);
}

TEST(BulkRequest, OtherTypesAreRefused) {
    EXPECT_THROW((void)parse("text/plain", R"({"ids": ["A"]})"), Error);
    EXPECT_THROW((void)parse("", R"({"ids": ["A"]})"), Error);
}

const std::string form = "--xYz\r\n"
                         "Content-Disposition: form-data; name=\"ids\"; filename=\"ids.txt\"\r\n"
                         "Content-Type: text/plain\r\n"
                         "\r\n"
                         "A\nB\r\n\nC:1\n\r\n"
                         "--xYz\r\n"
                         "Content-Disposition: form-data; name=\"command\"; filename=\"c.plist\"\r\n"
                         "\r\n"
                         "bplist00\r\n--x\r\n"
                         "--xYz\r\n"
                         "Content-Disposition: form-data; name=no_push\r\n"
                         "\r\n"
                         "1\r\n"
                         "--xYz--\r\n";

TEST(BulkRequest, FormAsCurlSendsIt) {
    for (const auto* type : {"multipart/form-data; boundary=xYz", "multipart/form-data; boundary=\"xYz\""}) {
        const auto bulk = parse(type, form);
        EXPECT_THAT(bulk.ids, ElementsAre("A", "B", "C:1"));
        EXPECT_EQ(bulk.command, "bplist00\r\n--x");
        EXPECT_TRUE(bulk.no_push);
    }
}

TEST(BulkRequest, FormCutAnywhereIsRefused) {
    for (std::size_t length = 0; length + sizeof("--\r\n") - 1 < form.size(); ++length)
        EXPECT_THROW((void)parse_multipart("multipart/form-data; boundary=xYz", form.substr(0, length)),
                     Error)
            << length;
}

TEST(BulkRequest, FormWithoutBoundaryOrWithUnknownPartIsRefused) {
    EXPECT_THROW((void)parse("multipart/form-data", form), Error);
    EXPECT_THROW((void)parse("multipart/form-data; boundary=", form), Error);
    EXPECT_THROW((void)parse("multipart/form-data; boundary=other", form), Error);
    EXPECT_THROW((void)parse("multipart/form-data; boundary=q",
                             "--q\r\nContent-Disposition: form-data; name=\"idz\"\r\n\r\nA\r\n--q--\r\n"),
                 Error);
}

} // namespace
} // namespace nanomdm::http
