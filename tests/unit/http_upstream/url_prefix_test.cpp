// A device's path leads below the administrator's URL or nowhere.
#include "http/upstream/url_prefix.hpp"

#include "http/message.hpp"
#include "nanomdm/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

namespace nanomdm::http {
namespace {

std::string resolved(const std::string& prefix, std::string_view reference) {
    try {
        return UrlPrefix{prefix}.resolve(reference);
    } catch (const Error& error) {
        return error.code() == Errc::invalid ? "refused" : "?";
    }
}

TEST(UrlPrefix, ApplesEndpointsFollowThePrefix) {
    const std::string prefix = "https://dm.example.org/v1/";
    for (const char* endpoint :
         {"tokens", "declaration-items", "status", "declaration/configuration/com.example.passcode",
          "declaration/asset/0F6E:9A(1)~x,y;z=@$&!'*+"})
        EXPECT_EQ(resolved(prefix, endpoint), prefix + endpoint);
}

std::string below(const std::string& prefix, std::string_view path, std::string_view query = {}) {
    try {
        return UrlPrefix{prefix}.below(path, query);
    } catch (const Error& error) {
        return error.code() == Errc::invalid ? "refused" : "?";
    }
}

TEST(UrlPrefix, BelowItAPathStaysAsItIsEncoded) {
    for (const char* prefix : {"http://h/repo", "http://h/repo/", "http://h/repo/?key=1"}) {
        EXPECT_EQ(below(prefix, "a%20b/%41%2f~;v=1//c"), "http://h/repo/a%20b/%41%2f~;v=1//c");
        EXPECT_EQ(below(prefix, ""), "http://h/repo/");
        EXPECT_EQ(below(prefix, "x", "a=../..&b=%zz"), "http://h/repo/x?a=../..&b=%zz");
    }
    EXPECT_EQ(below("http://h", "x"), "http://h/x");
    EXPECT_EQ(below("http://h/a/", "/x/"), "http://h/a//x/");
    EXPECT_EQ(below("http://h/a/", "http://evil/x"), "http://h/a/http://evil/x");
    EXPECT_EQ(below("http://h/a/", "..x/...y/z.."), "http://h/a/..x/...y/z..");
}

TEST(UrlPrefix, BelowItNothingLeadsAway) {
    for (const char* path : {"..",
                             ".",
                             "a/..",
                             "./a",
                             "a/./b",
                             "%2e%2e",
                             "%2E.",
                             "%252e%252e/a",
                             "a%2f..%2fb",
                             "..;/a",
                             "..%3bx/a",
                             "a\\..\\b",
                             "%5c..%5c",
                             "%00",
                             "%0d%0a",
                             "%",
                             "%4",
                             "%zz",
                             "a b",
                             "a#b",
                             "a?b",
                             "a\x01"
                             "b"})
        EXPECT_EQ(below("http://h/repo/", path), "refused") << path;
    for (const char* query : {"a#b", "a b", "a\nb"})
        EXPECT_EQ(below("http://h/", "x", query), "refused") << query;
}

TEST(UrlPrefix, ResolvesAsRfc3986Does) {
    EXPECT_EQ(resolved("http://h", "tokens"), "http://h/tokens");
    EXPECT_EQ(resolved("http://h/", "tokens"), "http://h/tokens");
    EXPECT_EQ(resolved("http://h/dm", "tokens"), "http://h/tokens"); // the last segment is replaced
    EXPECT_EQ(resolved("http://h/a/dm?key=a/b", "tokens"), "http://h/a/tokens");
    EXPECT_EQ(resolved("http://h/a/?key=1", "tokens"), "http://h/a/tokens");
    EXPECT_EQ(resolved("http://h?key=a/b", "tokens"), "http://h/tokens");
    EXPECT_EQ(resolved("http://h/a/?key=1", ""), "http://h/a/?key=1");
    EXPECT_EQ(resolved("http://jo:secret@h:8080/a/", "tokens"), "http://jo:secret@h:8080/a/tokens");
    EXPECT_EQ(resolved("http://h/a/", "./b/./c"), "http://h/a/b/c");
    EXPECT_EQ(resolved("http://h/a/", "b/../c"), "http://h/a/c");
    EXPECT_EQ(resolved("http://h/a/", "b/.."), "http://h/a/");
    EXPECT_EQ(resolved("http://h/a/", "b/c/.."), "http://h/a/b/");
    EXPECT_EQ(resolved("http://h/a/", "b/."), "http://h/a/b/");
    EXPECT_EQ(resolved("http://h/a/", "b//c/"), "http://h/a/b//c/");
    EXPECT_EQ(resolved("http://h/a/", "/a/b"), "http://h/a/b");
    EXPECT_EQ(resolved("http://h/", "/b"), "http://h/b");
}

TEST(UrlPrefix, EncodesWhatAUrlCannotHold) {
    EXPECT_EQ(resolved("http://h/", "a b\"<>^`{|}[]\xC3\xA4"),
              "http://h/a%20b%22%3C%3E%5E%60%7B%7C%7D%5B%5D%C3%A4");
    EXPECT_EQ(resolved("http://h/", "a%20b%C3%A4"), "http://h/a%20b%C3%A4");
    EXPECT_EQ(resolved("http://h/", "100%25"), "http://h/100%25");
    EXPECT_EQ(resolved("http://h/", "com%2Fexample"), "http://h/com%2Fexample"); // a slash in a name
}

TEST(UrlPrefix, RefusesToLeaveThePrefix) {
    for (const char* reference : {"..",
                                  "../",
                                  "../x",
                                  "a/../../x",
                                  "a/../..",
                                  "./../x",
                                  "/",
                                  "/x",
                                  "/v1",
                                  "/v10/x",
                                  "//evil/x",
                                  "///x",
                                  "http://evil/x",
                                  "https:x",
                                  "mailto:x",
                                  "file:///etc/passwd",
                                  "a:b",
                                  ":x",
                                  "/v1/../x",
                                  "//h/v1/x"})
        EXPECT_EQ(resolved("http://h/v1/", reference), "refused") << reference;
}

TEST(UrlPrefix, RefusesWhatOthersCouldTakeForAWayOut) {
    for (const std::string& reference : {
             std::string{"%2e%2e/x"},
             std::string{"%2E./x"},
             std::string{".%2e/x"},
             std::string{"a/%2e"},
             std::string{"%252e%252e/x"},
             std::string{"%25252e%25252e/x"},
             std::string{"..%2fx"},
             std::string{"a%2f..%2f..%2fx"},
             std::string{"%2e%2e%2fx"},
             std::string{"..%5cx"},
             std::string{"..\\x"},
             std::string{"a\\..\\..\\x"},
             std::string{"\\\\evil\\x"},
             std::string{"..;/x"},
             std::string{"..;a=b/x"},
             std::string{".;/x"},
             std::string{"..%3b/x"},
             std::string{"%2e%2e%3bx/y"},
             std::string{"a?b"},
             std::string{"?b"},
             std::string{"a#b"},
             std::string{"a%00b"},
             std::string{"a%0d%0aX: 1"},
             std::string{"a%250d%250a"},
             std::string{"a\r\nX: 1"},
             std::string{"a\tb"},
             std::string{"a\0b", 3},
             std::string{"a%"},
             std::string{"a%2"},
             std::string{"a%zz"},
             std::string{"%"},
             std::string(2049, 'a'),
             std::string{"\x7F"},
         })
        EXPECT_EQ(resolved("http://h/v1/", reference), "refused") << reference;
}

/// A server's reading of a path that errs on the side of leading away: everything is decoded, backslashes are
/// slashes, parameters are cut off. @return whether the path stays below "/v1/".
bool stays_below(std::string path) {
    for (auto decoded = percent_decode(path); decoded && *decoded != path; decoded = percent_decode(path))
        path = *decoded;
    std::replace(path.begin(), path.end(), '\\', '/');
    if (!path.starts_with("/v1/")) return false;
    int depth = 0;
    std::istringstream segments{path.substr(4)};
    for (std::string segment; std::getline(segments, segment, '/');) {
        const auto name = segment.substr(0, segment.find(';'));
        if (name == "..") --depth;
        if (depth < 0) return false;
        if (name != ".." && name != ".") ++depth;
    }
    return true;
}

TEST(UrlPrefix, WhatIsResolvedStaysBelowHoweverItIsRead) {
    const UrlPrefix prefix{"http://h/v1/"};
    const std::vector<std::string> pieces{"..", ".", "/",  "%2e", "%2F", "%5c", "%25", "2e",  "2f", ";",
                                          "\\", "a", "v1", "%",   ":",   "//",  "h",   "%3b", " ",  "5c"};
    std::minstd_rand random{4711};
    std::size_t taken = 0;
    for (int round = 0; round < 50'000; ++round) {
        std::string reference;
        for (auto count = 1 + random() % 8; count > 0; --count) reference += pieces[random() % pieces.size()];
        try {
            const auto url = prefix.resolve(reference);
            ASSERT_TRUE(url.starts_with("http://h/v1/")) << reference << " became " << url;
            ASSERT_TRUE(stays_below(url.substr(8))) << reference << " became " << url;
            ++taken;
        } catch (const Error& error) {
            ASSERT_EQ(error.code(), Errc::invalid);
        }
    }
    EXPECT_GT(taken, 1000U) << "everything is refused";
}

TEST(UrlPrefix, LongestReferenceIsTaken) {
    EXPECT_EQ(resolved("http://h/", std::string(2048, 'a')), "http://h/" + std::string(2048, 'a'));
}

TEST(UrlPrefix, SaysWhetherItEndsWithASlash) {
    EXPECT_TRUE(UrlPrefix{"http://h"}.is_directory()); // the same as with one
    EXPECT_TRUE(UrlPrefix{"http://h/a/"}.is_directory());
    EXPECT_FALSE(UrlPrefix{"http://h/a"}.is_directory());
    EXPECT_FALSE(UrlPrefix{"http://h/a/?b"}.is_directory());
}

TEST(UrlPrefix, RefusesUrlsThatAreNone) {
    for (const char* url :
         {"", "dm.example.org", "/dm/", "ftp://h/", "http://", "http://h/#x", "http://h/a b/", "http://h/\n",
          "http://h/a\\b/", "http:/h/", "http:h/", "http:///h/", "h:80/?x=http://h/"})
        EXPECT_THROW(UrlPrefix{url}, Error) << url;
}

} // namespace
} // namespace nanomdm::http
