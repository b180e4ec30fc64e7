// One exchange of the StreamClient: libcurl's callbacks on one side, a Stream on the other.
#pragma once

#include "http/client/libcurl.hpp"
#include "http/client/stream_client.hpp"

#include <chrono>
#include <curl/curl.h>
#include <memory>
#include <string>

namespace nanomdm::http {

/// Made on any thread, then used on the client's alone.
class StreamTransfer {
public:
    using Clock = std::chrono::steady_clock;

    /// @throws Error{Errc::invalid}
    StreamTransfer(const StreamRequest& request, std::shared_ptr<Stream> stream,
                   const StreamClientOptions& options, const std::string& no_proxy);
    /// A stream that has no end by now is cut.
    ~StreamTransfer() { stream_->fail(502); }
    StreamTransfer(const StreamTransfer&) = delete;
    StreamTransfer& operator=(const StreamTransfer&) = delete;

    [[nodiscard]] CURL* handle() const noexcept { return curl_.get(); }
    [[nodiscard]] Stream& stream() const noexcept { return *stream_; }

    /// Lets libcurl try again what there were no bytes or no room for.
    void resume() noexcept;
    /// libcurl has ended it.
    void end(CURLcode code);
    /// Ends it from this side, for the reason given to the log.
    void cut(const char* why);

    /// When a byte was last moved, or when it began.
    [[nodiscard]] Clock::time_point last_moved() const noexcept { return last_moved_; }
    void begin_clock() noexcept { last_moved_ = Clock::now(); }

private:
    using Callback = std::size_t(char*, std::size_t, std::size_t, void*) noexcept;
    static Callback take_field;
    static Callback take_piece;
    static Callback give_piece;

    void set_request(const StreamRequest& request);
    void note_field(std::string_view line);
    void begin_answer();

    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
    FieldList fields_;
    std::shared_ptr<Stream> stream_;
    const std::string origin_;
    const std::string trace_id_;
    char cause_[CURL_ERROR_SIZE] = "";
    Headers answer_;
    std::size_t header_bytes_ = 0;
    bool begun_ = false;
    bool paused_ = false;
    Clock::time_point last_moved_ = Clock::now();
};

} // namespace nanomdm::http
