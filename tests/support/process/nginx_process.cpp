#include "support/process/nginx_process.hpp"

#include "support/process/free_port.hpp"

#include <filesystem>
#include <stdexcept>

namespace nanomdm::test {
namespace {

std::string nginx_binary() {
    for (const char* path :
         {"/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx"})
        if (std::filesystem::exists(path)) return path;
    throw std::runtime_error{"nginx is not installed"};
}

std::string configuration(const std::string& dir, const std::string& http) {
    std::string text = "daemon off;\nworker_processes 1;\nmaster_process off;\npid " + dir +
                       "/nginx.pid;\nerror_log " + dir +
                       "/error.log info;\nevents {}\nhttp {\naccess_log off;\n";
    for (const char* module : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        text += std::string{module} + "_temp_path " + dir + "/" + module + ";\n";
    return text + http + "}\n";
}

} // namespace

NginxProcess::NginxProcess(const TempDir& directory, std::uint16_t port, const std::string& http) {
    const auto dir = directory.path().string();
    const auto config = directory.write("nginx.conf", configuration(dir, http));
    ChildProcess::Options start;
    start.command = {nginx_binary(), "-e", dir + "/error.log", "-p", dir, "-c", config.string()};
    process_ = std::make_unique<ChildProcess>(std::move(start));
    if (!eventually([&] { return accepts_connections(port) || process_->wait(0ms).has_value(); }) ||
        process_->wait(0ms))
        throw std::runtime_error{"nginx did not start:\n" + process_->standard_error()};
}

} // namespace nanomdm::test
