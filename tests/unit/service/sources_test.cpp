// What core asks others for, and tokens that lie in files.
#include "contract/samples.hpp"
#include "service/core.hpp"
#include "service/token_files.hpp"
#include "storage/inmem/inmem_storage.hpp"
#include "support/process/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanomdm::service {
namespace {

using namespace contract;
using testing::Optional;

const Enrollment mac = device("A1B2");
const Request request{nullptr, {}, "0123456789abcdef"};

GetToken get_token(std::string type) { return {check_out(mac), std::move(type)}; }

template <class Call> Errc error_of(Call call) {
    try {
        (void)call();
    } catch (const Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "no error";
    return Errc::internal;
}

/// Answers with what it was asked.
class Echo final : public DeclarativeManagementSource, public TokenSource {
public:
    std::string declarations(const Request& r, const DeclarativeManagement& message) override {
        return r.trace_id + " " + message.endpoint + " " + message.data;
    }
    std::optional<std::string> token(const Request&, const GetToken& message) override {
        if (message.service_type == "nobody's") return std::nullopt;
        return "token of " + message.service_type;
    }
};

TEST(CoreSources, AreAskedForDeclarationsAndTokens) {
    storage::InMemStorage storage;
    Echo echo;
    Core core{storage, storage, storage, {}, {.declarative_management = &echo, .tokens = &echo}};
    EXPECT_EQ(core.declarative_management(request, {check_out(mac), "status", "{}"}),
              "0123456789abcdef status {}");
    EXPECT_EQ(core.token(request, get_token("com.apple.maid")), "token of com.apple.maid");
    EXPECT_EQ(error_of([&] { return core.token(request, get_token("nobody's")); }), Errc::invalid);
}

class TokenFilesTest : public testing::Test {
protected:
    test::TempDir directory;
    std::string path = directory.write("token", std::string{"\0\xFF\n", 3}).string();
};

TEST_F(TokenFilesTest, GiveTheirBytes) {
    TokenFiles files{{{"com.apple.maid", path}}};
    EXPECT_THAT(files.token(request, get_token("com.apple.maid")), Optional(std::string{"\0\xFF\n", 3}));
    EXPECT_EQ(files.token(request, get_token("com.apple.other")), std::nullopt);
}

TEST_F(TokenFilesTest, ANewTokenCountsAtOnce) {
    TokenFiles files{{{"com.apple.maid", path}}};
    directory.write("token", "renewed");
    EXPECT_THAT(files.token(request, get_token("com.apple.maid")), Optional(std::string{"renewed"}));
}

TEST_F(TokenFilesTest, AFileThatIsGoneIsNoTypeUnknown) {
    TokenFiles files{{{"gone", path + "-gone"}, {"directory", directory.path().string()}}};
    for (const char* type : {"gone", "directory"})
        EXPECT_EQ(error_of([&] { return files.token(request, get_token(type)); }), Errc::unavailable) << type;
}

TEST_F(TokenFilesTest, OthersAreAskedForTheOtherTypes) {
    Echo echo;
    TokenFiles files{{{"com.apple.maid", path}}, &echo};
    EXPECT_THAT(files.token(request, get_token("com.apple.maid")), Optional(std::string{"\0\xFF\n", 3}));
    EXPECT_THAT(files.token(request, get_token("other")), Optional(std::string{"token of other"}));
    EXPECT_EQ(files.token(request, get_token("nobody's")), std::nullopt);
}

} // namespace
} // namespace nanomdm::service
