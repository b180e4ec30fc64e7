// The same server through a client that was not written here.
#include "test_server.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <memory>

namespace nanomdm::http::test {
namespace {

struct Answer {
    long status = 0;
    long connects = 0; ///< new connections made for it
    std::string body;
};

class Curl {
public:
    Curl() : handle_{curl_easy_init(), curl_easy_cleanup} {
        set(CURLOPT_TIMEOUT, 20L);
        set(CURLOPT_WRITEFUNCTION, &Curl::append);
        set(CURLOPT_NOPROXY, "*");
    }

    template <typename Value> void set(CURLoption option, Value value) {
        ASSERT_EQ(curl_easy_setopt(handle_.get(), option, value), CURLE_OK);
    }

    Answer put(const std::string& url, const std::string& body) {
        set(CURLOPT_CUSTOMREQUEST, "PUT");
        set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        set(CURLOPT_POSTFIELDS, body.c_str());
        return perform(url);
    }

    Answer perform(const std::string& url) {
        Answer answer;
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_WRITEDATA, &answer.body);
        const auto result = curl_easy_perform(handle_.get());
        EXPECT_EQ(result, CURLE_OK) << curl_easy_strerror(result);
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &answer.status);
        curl_easy_getinfo(handle_.get(), CURLINFO_NUM_CONNECTS, &answer.connects);
        return answer;
    }

private:
    static std::size_t append(char* bytes, std::size_t, std::size_t count, void* body) {
        static_cast<std::string*>(body)->append(bytes, count);
        return count;
    }
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_;
};

TEST(Curl, ReusesItsConnectionForSmallAndLargeBodies) {
    TestServer server;
    Curl curl;
    const auto url = "http://" + server.address() + "/echo";
    EXPECT_EQ(curl.put(url, "first").body, "first");
    for (const std::size_t size : {0u, 1u, 5'000u, 2'000'000u, 10'000'000u}) {
        const auto answer = curl.put(url, std::string(size, 'x')); // Expect: 100-continue from 1 MiB on
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body.size(), size);
        EXPECT_EQ(answer.connects, 0) << size;
    }
}

TEST(Curl, UploadsInChunks) {
    TestServer server;
    Curl curl;
    std::string source(300'000, 'c');
    std::size_t at = 0;
    const auto read = [](char* to, std::size_t, std::size_t room, void* state) -> std::size_t {
        auto& [text, position] = *static_cast<std::pair<std::string*, std::size_t*>*>(state);
        const auto count = text->copy(to, room, *position);
        *position += count;
        return count;
    };
    std::pair<std::string*, std::size_t*> state{&source, &at};
    curl.set(CURLOPT_UPLOAD, 1L); // no size given: Transfer-Encoding: chunked
    curl.set(CURLOPT_READFUNCTION, static_cast<curl_read_callback>(read));
    curl.set(CURLOPT_READDATA, &state);
    const auto answer = curl.perform("http://" + server.address() + "/echo");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, source);
}

TEST(Curl, SeesThe413WhileItUploads) {
    ServerOptions options;
    options.limits.body_bytes = 100'000;
    TestServer server{{.server = options}};
    Curl curl;
    curl_slist* headers = curl_slist_append(nullptr, "Expect:"); // send the body unasked
    curl.set(CURLOPT_HTTPHEADER, headers);
    const auto answer = curl.put("http://" + server.address() + "/echo", std::string(5'000'000, 'x'));
    EXPECT_EQ(answer.status, 413);
    curl_slist_free_all(headers);
}

TEST(Curl, AuthenticatesWithAKey) {
    TestServer server;
    Curl curl;
    const auto url = "http://" + server.address() + "/guarded";
    EXPECT_EQ(curl.perform(url).status, 401);
    curl.set(CURLOPT_USERPWD, "nanomdm:wrong");
    EXPECT_EQ(curl.perform(url).status, 401);
    curl.set(CURLOPT_USERPWD, "nanomdm:old-key");
    EXPECT_EQ(curl.perform(url).status, 200);
}

} // namespace
} // namespace nanomdm::http::test
