// What of a request's fields goes on, and what a client cannot make us say.
#include "http/auth_proxy/forwarded_fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace nanomdm::http {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class ForwardedFields : public testing::Test {
protected:
    ForwardedFields() {
        request_.peer = "10.0.0.9";
        request_.trace_id = "0123456789abcdef";
    }
    void add(const std::string& name, const std::string& value = "v") { request_.headers.add(name, value); }
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (const auto& [name, value] : forwarded_fields(request_, device_)) {
            auto line = name;
            all.push_back(line.append(": ").append(value));
        }
        return all;
    }

    HttpRequest request_;
    DeviceFields device_{.enrollment_id = "MAC", .identity_field = "X-Client-Cert"};
};

TEST_F(ForwardedFields, SayWhoAsksAndFromWhere) {
    EXPECT_THAT(lines(), ElementsAre("X-Forwarded-For: 10.0.0.9", "X-Enrollment-ID: MAC",
                                     "X-Trace-ID: 0123456789abcdef"));
}

TEST_F(ForwardedFields, KeepWhatIsEndToEndInOrder) {
    add("Range", "bytes=1-");
    add("Cookie", "a");
    add("Cookie", "b");
    add("Accept-Encoding", "gzip, br");
    add("Expect", "100-continue");
    add("X-Empty", "");
    add("Authorization", "Bearer token");
    const auto all = lines();
    EXPECT_THAT(std::vector(all.begin(), all.begin() + 7),
                ElementsAre("Range: bytes=1-", "Cookie: a", "Cookie: b", "Accept-Encoding: gzip, br",
                            "Expect: 100-continue", "X-Empty: ", "Authorization: Bearer token"));
    EXPECT_EQ(all.size(), 10U);
}

TEST_F(ForwardedFields, DropWhatIdentifiesDevicesInEverySpelling) {
    for (const char* name : {"X-Enrollment-ID", "x-enrollment-id", "X_Enrollment_ID", "X-Enrollment_ParentID",
                             "X-Enrollment-Type", "X-Trace-ID", "x_trace_id", "Mdm-Signature",
                             "MDM_SIGNATURE", "X-Client-Cert", "x_client_cert"})
        add(name, "forged");
    EXPECT_THAT(lines(), testing::Each(testing::Not(testing::HasSubstr("forged"))));
    EXPECT_EQ(lines().size(), 3U);
}

TEST_F(ForwardedFields, DropWhatBelongsToTheConnection) {
    add("Host", "mdm.example.org");
    add("Connection", "X-Mine");
    add("X-Mine");
    add("Content-Length", "4");
    add("Transfer-Encoding", "chunked");
    add("Upgrade", "websocket");
    EXPECT_EQ(lines().size(), 3U);
}

TEST_F(ForwardedFields, AClientCannotHaveOurOwnFieldsDropped) {
    add("Connection", "X-Enrollment-ID, X-Forwarded-For, X-Trace-ID");
    add("X-Forwarded-For", "192.0.2.1");
    EXPECT_THAT(lines(), ElementsAre("X-Forwarded-For: 10.0.0.9", "X-Enrollment-ID: MAC",
                                     "X-Trace-ID: 0123456789abcdef"));
}

TEST_F(ForwardedFields, ContinueTheListOfClients) {
    add("X-Forwarded-For", "192.0.2.1, 192.0.2.2");
    add("x-forwarded-for", "192.0.2.3");
    EXPECT_THAT(lines(), testing::Contains("X-Forwarded-For: 192.0.2.1, 192.0.2.2, 192.0.2.3, 10.0.0.9"));
    request_.peer = "unix";
    EXPECT_THAT(lines(), testing::Contains("X-Forwarded-For: 192.0.2.1, 192.0.2.2, 192.0.2.3"));
}

TEST_F(ForwardedFields, GiveWayToCredentialsOfOurOwn) {
    add("Authorization", "Bearer token");
    device_.replaces_authorization = true;
    EXPECT_EQ(lines().size(), 3U);
}

} // namespace
} // namespace nanomdm::http
