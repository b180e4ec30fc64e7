// What Apple is sent of an escrow key unlock, and what comes back.
#include "http/api/escrow_endpoint.hpp"
#include "nanomdm/error.hpp"
#include "storage/inmem/inmem_storage.hpp"
#include "support/process/temp_dir.hpp"
#include "support/test_ca.hpp"
#include "support/upstream/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::http {
namespace {

using test::TempDir;
using test::TestCa;
using test::Upstream;
using test::UpstreamTls;
using testing::HasSubstr;
using testing::Not;

constexpr const char* topic = "com.apple.mgmt.External.escrow";
const std::string whole_form =
    "topic=com.apple.mgmt.External.escrow&serial=C02+X%26Y&productType=iPad4%2C1&escrowKey=0F%2B9A&"
    "orgName=%C3%84pfel+%26+Co&guid=admin%40example.org";

class Escrow : public testing::Test {
protected:
    Escrow() { store(push_ca_, "push certificate"); }

    void store(const TestCa& ca, const std::string& name) {
        const auto push = ca.issue({.common_name = name, .user_id = topic});
        storage_.store_push_certificate({Topic{topic}, push.certificate_pem, push.private_key_pem});
    }
    /// Apple's side: of its own CA, and wants a certificate of the push CA.
    UpstreamTls tls() {
        const auto identity =
            server_ca_.issue({.ip_addresses = {"127.0.0.1"}, .extended_key_usage = "serverAuth"});
        return {identity.certificate_pem, identity.private_key_pem, push_ca_.certificate_pem()};
    }
    HttpResponse unlock(const std::string& form) {
        EscrowEndpoint endpoint{storage_, client_, apple_.url() + "/escrowKeyUnlock"};
        HttpRequest request;
        request.method = "POST";
        request.body = form;
        return endpoint.unlock(request);
    }
    Error refused(const std::string& form) {
        try {
            (void)unlock(form);
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "taken";
        return {Errc::internal, "taken"};
    }

    TestCa push_ca_ = TestCa::make_root("Push");
    TestCa server_ca_ = TestCa::make_root("Server");
    TempDir directory_;
    std::string ca_file_ = directory_.write("ca.pem", server_ca_.certificate_pem()).string();
    storage::InMemStorage storage_;
    Upstream apple_{{}, tls()};
    HttpClient client_{{.ca_file = ca_file_, .max_idle = 0}};
};

TEST_F(Escrow, AppleGetsTheQueryTheFormAndThePushCertificate) {
    EXPECT_EQ(unlock(whole_form + "&imei=1&imei2=2&meid=3").status, 200U);
    const auto seen = apple_.requests().at(0);
    EXPECT_EQ(seen.method, "POST");
    EXPECT_EQ(seen.target, "/escrowKeyUnlock?serial=C02+X%26Y&productType=iPad4%2C1&imei=1&imei2=2&meid=3");
    EXPECT_EQ(seen.body, "orgName=%C3%84pfel+%26+Co&guid=admin%40example.org&escrowKey=0F%2B9A");
    EXPECT_EQ(seen.header("content-type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(seen.client_common_name, "push certificate");

    (void)unlock(whole_form + "&imei=&meid=3");
    EXPECT_EQ(apple_.requests().at(1).target,
              "/escrowKeyUnlock?serial=C02+X%26Y&productType=iPad4%2C1&meid=3");
}

TEST_F(Escrow, ApplesStatusFieldsAndBodyComeBackWithoutThoseOfTheConnection) {
    apple_.answer({.status = 404,
                   .body = R"({"code":"404"})",
                   .headers = {{"Content-Type", "application/json"},
                               {"X-Apple-Request", "id"},
                               {"Set-Cookie", "a=1"},
                               {"Set-Cookie", "b=2"},
                               {"Keep-Alive", "timeout=5"},
                               {"X-Hop", "gone"},
                               {"Connection", "keep-alive, x-hop"}}});
    const auto answer = unlock(whole_form);
    EXPECT_EQ(answer.status, 404U);
    EXPECT_EQ(answer.body, R"({"code":"404"})");
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(answer.headers.get("X-Apple-Request"), "id");
    EXPECT_EQ(answer.headers.count("Set-Cookie"), 2U);
    for (const auto* gone : {"Keep-Alive", "X-Hop", "Connection", "Content-Type"})
        EXPECT_FALSE(answer.headers.get(gone)) << gone;
}

TEST_F(Escrow, AMissingParameterIsNamedAndNothingIsSent) {
    for (const std::string name : {"topic", "serial", "productType", "escrowKey", "orgName", "guid"}) {
        for (const std::string value : {"=", "X="}) { // empty, and under another name
            auto form = "&" + whole_form;
            const auto at = form.find("&" + name + "=") + 1;
            const auto end = std::min(form.find('&', at), form.size());
            form.replace(at, end - at, name + value);
            const auto error = refused(form);
            EXPECT_EQ(error.code(), Errc::invalid) << form;
            EXPECT_THAT(error.what(), HasSubstr(name));
            EXPECT_THAT(error.what(), Not(HasSubstr("0F")));
        }
    }
    EXPECT_EQ(apple_.connections(), 0U);
}

TEST_F(Escrow, ATopicWithoutCertificateIsNotFound) {
    auto form = whole_form;
    form.replace(form.find("External.escrow"), 15, "External.others");
    EXPECT_EQ(refused(form).code(), Errc::not_found);
}

TEST_F(Escrow, ACertificateAppleDoesNotTakeAndAnAppleThatIsNotThereAreItsFailure) {
    store(TestCa::make_root("Somebody else's"), "foreign");
    const auto foreign = refused(whole_form);
    EXPECT_EQ(foreign.code(), Errc::upstream_failed);
    EXPECT_EQ(apple_.count(), 0U);

    storage_.store_push_certificate({Topic{topic}, "no certificate", "no key"});
    EXPECT_EQ(refused(whole_form).code(), Errc::upstream_failed);

    store(push_ca_, "push certificate");
    EXPECT_EQ(unlock(whole_form).status, 200U);
    apple_.go_down();
    const auto error = refused(whole_form);
    EXPECT_EQ(error.code(), Errc::upstream_failed);
    for (const auto& text : {std::string{error.what()}, std::string{foreign.what()}})
        EXPECT_THAT(text, Not(HasSubstr("C02")));
}

TEST_F(Escrow, AnotherTopicsCertificateIsNotTakenFromAnOlderConnection) {
    (void)unlock(whole_form);
    store(push_ca_, "renewed");
    (void)unlock(whole_form);
    EXPECT_EQ(apple_.requests().at(1).client_common_name, "renewed");
    EXPECT_EQ(apple_.connections(), 2U);
}

} // namespace
} // namespace nanomdm::http
