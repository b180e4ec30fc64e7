// fork and exec; between the two only async-signal-safe calls, because tests have threads.
#include "support/process/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "support/process/temp_dir.hpp"

namespace nanomdm::test {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

struct Pipe {
    int read_end = -1;
    int write_end = -1;
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
        read_end = ends[0];
        write_end = ends[1];
    }
};

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        if (!added.contains(std::string{text.substr(0, text.find('='))})) all.emplace_back(text);
    }
    for (const auto& [name, value] : added) all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (auto& text : strings) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

} // namespace

ChildProcess::ChildProcess(Options options) : stderr_file_{options.stderr_file} {
    auto environment = merged_environment(options.environment);
    const auto argv = pointers(options.command);
    const auto envp = pointers(environment);
    const std::string directory = options.working_directory.string();
    const Pipe output;
    Pipe error;
    if (!stderr_file_.empty()) {
        ::close(error.write_end);
        error.write_end = ::open(stderr_file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (error.write_end < 0) fail("open the log file");
    }
    const pid_t parent = ::getpid();

    pid_ = ::fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127); // the test ended before the line above
        ::dup2(output.write_end, STDOUT_FILENO);
        ::dup2(error.write_end, STDERR_FILENO);
        if (!directory.empty() && ::chdir(directory.c_str()) != 0) ::_exit(127);
        ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(output.write_end);
    ::close(error.write_end);
    output_reader_ = std::thread{
        [this, &closed = output_closed_, end = output.read_end] { collect(end, output_, closed); }};
    error_reader_ =
        std::thread{[this, &closed = error_closed_, end = error.read_end] { collect(end, error_, closed); }};
}

ChildProcess::~ChildProcess() {
    kill();
    output_reader_.join();
    error_reader_.join();
}

void ChildProcess::collect(int descriptor, std::string& into, bool& closed) {
    char buffer[16384];
    for (;;) {
        const auto count = ::read(descriptor, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        const std::lock_guard lock{mutex_};
        if (count > 0) into.append(buffer, static_cast<std::size_t>(count));
        if (count <= 0) closed = true;
        changed_.notify_all();
        if (count <= 0) break;
    }
    ::close(descriptor);
}

void ChildProcess::signal(int number) const {
    if (!ended_) ::kill(pid_, number);
}

std::optional<ExitStatus> ChildProcess::wait(std::chrono::milliseconds patience) {
    const auto reaped = [this] {
        if (ended_) return true;
        int status = 0;
        const pid_t result = ::waitpid(pid_, &status, WNOHANG);
        if (result == 0 || (result < 0 && errno == EINTR)) return false;
        if (WIFEXITED(status))
            ended_ = ExitStatus{.code = WEXITSTATUS(status), .signal = 0};
        else
            ended_ = ExitStatus{.code = -1, .signal = WTERMSIG(status)};
        return true;
    };
    if (!eventually(reaped, patience)) return std::nullopt;
    // Whatever it wrote last is in the pipes; a grandchild may hold them open, so not for ever.
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, 1s, [this] { return output_closed_ && error_closed_; });
    return ended_;
}

void ChildProcess::kill() {
    signal(SIGKILL);
    wait(60s);
}

std::string ChildProcess::standard_output() const {
    const std::lock_guard lock{mutex_};
    return output_;
}

std::string ChildProcess::standard_error() const {
    if (!stderr_file_.empty()) return read_file(stderr_file_);
    const std::lock_guard lock{mutex_};
    return error_;
}

std::optional<std::string> ChildProcess::wait_for_error_line(std::string_view part,
                                                             std::chrono::milliseconds patience) {
    std::optional<std::string> line;
    const auto found = [&] {
        const std::string text = standard_error();
        const auto at = text.find(part);
        if (at == std::string::npos) return false;
        const auto end = text.find('\n', at);
        if (end == std::string::npos) return false;
        const auto previous = at == 0 ? std::string::npos : text.rfind('\n', at);
        const auto start = previous == std::string::npos ? 0 : previous + 1;
        line = text.substr(start, end - start);
        return true;
    };
    (void)eventually([&] { return found() || wait(0ms).has_value(); }, patience);
    if (!line) found(); // it may have written the line just before it ended
    return line;
}

Finished run(std::vector<std::string> command, std::chrono::milliseconds patience,
             std::map<std::string, std::string> environment) {
    const std::string name = command.at(0);
    ChildProcess::Options options;
    options.command = std::move(command);
    options.environment = std::move(environment);
    ChildProcess process{std::move(options)};
    const auto status = process.wait(patience);
    if (!status) throw std::runtime_error{name + " did not end: " + process.standard_error()};
    return {.status = *status, .output = process.standard_output(), .error = process.standard_error()};
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(2ms); // the interval of looking, not a guess at how long it takes
    }
    return true;
}

} // namespace nanomdm::test
