// The first program that needs the template makes it beside its final place and renames it there.
#include "support/database/data_template.hpp"

#include "support/database/programs.hpp"
#include "support/process/child_process.hpp"
#include "support/process/temp_dir.hpp"

#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace nanomdm::test {
namespace {

namespace fs = std::filesystem;

/// "10.11.6-MariaDB-…" out of "mariadbd  Ver 10.11.6-MariaDB-… for debian-linux-gnu on x86_64".
std::string server_version() {
    std::istringstream words{run({find_program("mariadbd"), "--no-defaults", "--version"}).output};
    for (std::string word; words >> word;)
        if (word == "Ver" && words >> word) return word;
    throw std::runtime_error{"mariadbd --version does not say which it is"};
}

void install(const fs::path& target) {
    const TempDir scratch;
    // mariadb-install-db runs without the grant tables in force, where CREATE USER does nothing.
    const auto users = scratch.write(
        "users.sql", std::string{"INSERT INTO mysql.global_priv (Host, User, Priv) VALUES ('%', '"} +
                         plain_user +
                         "', JSON_OBJECT('access', 0, 'plugin', 'mysql_native_password', "
                         "'authentication_string', PASSWORD('" +
                         plain_password + "')));\n");
    std::vector<std::string> command{find_program("mariadb-install-db"),
                                     "--no-defaults",
                                     "--datadir=" + target.string(),
                                     "--auth-root-authentication-method=normal",
                                     "--skip-test-db",
                                     "--skip-name-resolve",
                                     "--innodb-log-file-size=16M",
                                     "--extra-file=" + users.string()};
    if (::geteuid() == 0) command.emplace_back("--user=root");
    const auto finished = run(std::move(command), 120s);
    if (finished.status.code != 0)
        throw std::runtime_error{"mariadb-install-db failed:\n" + finished.output + finished.error};
}

fs::path made_template() {
    constexpr auto recipe = "1"; // raise it with every change of install()
    const fs::path all = NANOMDM_DATA_TEMPLATES;
    const fs::path place = all / (server_version() + "-" + recipe);
    if (fs::exists(place)) return place;
    const fs::path own = place.string() + "." + std::to_string(::getpid());
    fs::create_directories(all);
    install(own);
    std::error_code failure;
    fs::rename(own, place, failure); // fails when another program was faster: its template is as good
    if (failure) fs::remove_all(own);
    if (!fs::exists(place)) throw std::runtime_error{"no template: " + failure.message()};
    return place;
}

} // namespace

void make_data_directory(const fs::path& target) {
    static const fs::path source = made_template();
    fs::copy(source, target, fs::copy_options::recursive);
}

} // namespace nanomdm::test
