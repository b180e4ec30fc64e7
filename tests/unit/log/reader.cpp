// A thread at the reading end.
#include "unit/log/reader.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <sstream>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace nanomdm::log {
namespace {

void check(int result, const char* what) {
    if (result != 0) throw std::system_error{errno, std::generic_category(), what};
}

} // namespace

Reader::Reader(Kind kind) {
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    if (kind == Kind::small_non_blocking_socket) {
        check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), "socketpair");
        const int smallest = 1; // the kernel makes it its least
        check(::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest), "SO_SNDBUF");
        check(::fcntl(ends[0], F_SETFL, 0), "F_SETFL");
    } else {
        check(::pipe2(ends, O_CLOEXEC), "pipe2");
        if (kind == Kind::non_blocking_pipe) check(::fcntl(ends[1], F_SETFL, O_NONBLOCK), "F_SETFL");
    }
    output_ = ends[0];
    input_ = ends[1];
}

Reader::~Reader() {
    ::close(input_);
    if (thread_.joinable()) thread_.join();
    close();
}

void Reader::start() {
    thread_ = std::thread{[this] { read_all(); }};
}

void Reader::close() {
    if (output_ >= 0) ::close(std::exchange(output_, -1));
}

void Reader::read_all() {
    std::array<char, 777> piece; // no divisor of anything
    for (;;) {
        const auto size = ::read(output_, piece.data(), piece.size());
        if (size <= 0) return;
        const std::lock_guard lock{mutex_};
        text_.append(piece.data(), static_cast<std::size_t>(size));
        grown_.notify_all();
    }
}

bool Reader::sees(const std::string& text) {
    std::unique_lock lock{mutex_};
    return grown_.wait_for(lock, std::chrono::seconds{30}, [&] {
        const auto at = text_.find(text);
        return at != std::string::npos && text_.find('\n', at) != std::string::npos;
    });
}

std::vector<std::string> Reader::lines() {
    const std::lock_guard lock{mutex_};
    std::istringstream stream{text_};
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
}

} // namespace nanomdm::log
