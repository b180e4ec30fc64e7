// The command line: Go's spellings, precedence, and errors that name the flag.
#include "app/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>

namespace nanomdm::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Options parse(std::initializer_list<const char*> arguments) {
    std::vector<const char*> argv{"nanomdm"};
    argv.insert(argv.end(), arguments);
    return parse_options(static_cast<int>(argv.size()), argv.data());
}

std::string complaint(std::initializer_list<const char*> arguments) {
    try {
        (void)parse(arguments);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "(none)";
}

/// Sets an environment variable for one test.
class Variable {
public:
    Variable(const char* name, const char* value) : name_{name} { ::setenv(name, value, 1); }
    ~Variable() { ::unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* name_;
};

/// A file that lives as long as the test.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& content) {
        std::string pattern = (std::filesystem::temp_directory_path() / "nanomdm-options-XXXXXX").string();
        const int descriptor = ::mkstemp(pattern.data());
        EXPECT_GE(descriptor, 0);
        ::close(descriptor);
        path_ = pattern;
        std::ofstream{path_} << content;
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    [[nodiscard]] const char* path() const { return path_.c_str(); }

private:
    std::string path_;
};

TEST(Options, OneDashTwoDashesAndEqualsAreTheSame) {
    EXPECT_EQ(parse({"-ca", "x.pem"}).devices.ca_file, "x.pem");
    EXPECT_EQ(parse({"--ca", "x.pem"}).devices.ca_file, "x.pem");
    EXPECT_EQ(parse({"-ca=x.pem"}).devices.ca_file, "x.pem");
    EXPECT_EQ(parse({"--ca=x.pem"}).devices.ca_file, "x.pem");
}

TEST(Options, BooleansTakeGoWords) {
    EXPECT_TRUE(parse({"-ca=x", "-retro"}).devices.retro);
    for (const auto* word : {"-retro=1", "-retro=t", "-retro=T", "-retro=true", "-retro=TRUE", "-retro=True"})
        EXPECT_TRUE(parse({"-ca=x", word}).devices.retro) << word;
    for (const auto* word :
         {"-retro=0", "-retro=f", "-retro=F", "-retro=false", "-retro=FALSE", "-retro=False"})
        EXPECT_FALSE(parse({"-ca=x", word}).devices.retro) << word;
    for (const auto* word : {"-retro=maybe", "-retro=yes", "-retro=2", "-retro="})
        EXPECT_THAT(complaint({"-ca=x", word}), HasSubstr("-retro: ")) << word;
}

TEST(Options, MigratingTheSchemaIsAModeOrAStepBeforeServing) {
    const auto alone = parse({"-storage=mysql", "-migrate-schema"});
    EXPECT_EQ(alone.mode, Options::Mode::migrate_schema);
    EXPECT_FALSE(alone.storages.front().migrate_schema);

    const auto automatic = parse({"-ca=x", "-storage=mysql", "-migrate-schema=auto"});
    EXPECT_EQ(automatic.mode, Options::Mode::serve);
    EXPECT_TRUE(automatic.storages.front().migrate_schema);

    EXPECT_EQ(parse({"-ca=x", "-migrate-schema=false"}).mode, Options::Mode::serve);
    EXPECT_EQ(parse({"-migrate-schema", "-storage=mysql"}).storages.front().backend, "mysql")
        << "takes no next argument";
    EXPECT_THAT(complaint({"-ca=x", "-migrate-schema=later"}), HasSubstr("-migrate-schema: "));
}

TEST(Options, AValueMayLookLikeAFlag) {
    EXPECT_THAT(parse({"-ca=x", "-api", "-secret"}).api.keys, ElementsAre("-secret"));
    EXPECT_THAT(parse({"-ca=x", "-api", "a=b,c"}).api.keys, ElementsAre("a=b,c"));
}

TEST(Options, AnEmptyValueIsAValue) {
    const auto options = parse({"-ca=x", "-api", "", "-cert-header=", "-retro", "-storage-options", ""});
    EXPECT_FALSE(options.api.enabled());
    EXPECT_TRUE(options.devices.retro);
    EXPECT_EQ(options.devices.cert_header, "");
}

TEST(Options, TheLastOfSeveralSingleValuesCounts) {
    EXPECT_EQ(parse({"-ca=x", "-listen=:1", "-listen=:2"}).http.listen, ":2");
    EXPECT_FALSE(parse({"-ca=x", "-retro", "-retro=false"}).devices.retro);
}

TEST(Options, ABracketedKeyIsOneKey) {
    EXPECT_THAT(parse({"-ca=x", "-api", "[a,b]"}).api.keys, ElementsAre("[a,b]"));
    EXPECT_THAT(parse({"-ca=x", "-api", "{}"}).api.keys, ElementsAre("{}"));
}

TEST(Options, ApiKeysRepeat) {
    EXPECT_THAT(parse({"-ca=x", "-api", "one", "-api=two"}).api.keys, ElementsAre("one", "two"));
}

TEST(Options, ComplaintsAreOneLineThatNamesTheFlag) {
    EXPECT_EQ(complaint({"-nonsense"}), "-nonsense: no such flag; see -help");
    EXPECT_EQ(complaint({"-ca"}), "-ca: missing value");
    EXPECT_EQ(complaint({"serve"}), "unexpected argument \"serve\"");
    EXPECT_EQ(complaint({"-disable-mdm"}), "-disable-mdm: needs -api");
    EXPECT_THAT(complaint({}), HasSubstr("-ca"));
    for (const auto* bad : {"-log-level=loud", "-max-body=lots", "-max-body=5G", "-shutdown-grace=soon",
                            "-workers=many", "-workers=99999999", "-upstream-workers=0"}) {
        const std::string name{bad, std::string{bad}.find('=')};
        EXPECT_THAT(complaint({"-ca=x", bad}), HasSubstr(name)) << bad;
        EXPECT_THAT(complaint({"-ca=x", bad}), ::testing::Not(HasSubstr("\n")));
    }
}

TEST(Options, TlsTakesBothFilesAndLeavesNoDoubtAboutWhoIsBelieved) {
    EXPECT_FALSE(parse({"-ca", "x"}).devices.client_certificates);
    const auto options = parse({"-ca", "x", "-tls-cert", "c", "-tls-key", "k"});
    EXPECT_TRUE(options.http.tls.enabled());
    EXPECT_TRUE(options.devices.client_certificates);
    EXPECT_FALSE(
        parse({"-ca", "x", "-tls-cert", "c", "-tls-key", "k", "-tls-signature"}).devices.client_certificates);

    EXPECT_EQ(complaint({"-ca", "x", "-tls-cert", "c"}), "-tls-key: missing; -tls-cert needs it");
    EXPECT_EQ(complaint({"-ca", "x", "-tls-key", "k"}), "-tls-cert: missing; -tls-key needs it");
    EXPECT_EQ(complaint({"-ca", "x", "-tls-signature"}), "-tls-signature: needs -tls-cert");
    EXPECT_EQ(complaint({"-ca", "x", "-tls-cert", "c", "-tls-key", "k", "-cert-header", "X"}),
              "-cert-header: not with -tls-cert: every client could set it");
}

TEST(Options, FlagWinsOverEnvironmentOverFileOverDefault) {
    const TemporaryFile config{"listen = \":3\"\nworkers = 3\nretro = true\nca = \"file.pem\"\n"};
    const Variable listen{"NANOMDM_LISTEN", ":2"};
    const Variable workers{"NANOMDM_WORKERS", "2"};
    const auto options = parse({"-config", config.path(), "-listen", ":1"});
    EXPECT_EQ(options.http.listen, ":1");
    EXPECT_EQ(options.http.workers, 2U);
    EXPECT_TRUE(options.devices.retro);
    EXPECT_EQ(options.devices.ca_file, "file.pem");
    EXPECT_EQ(options.http.upstream_workers, 256U);
}

TEST(Options, BooleanFromTheEnvironment) {
    const Variable retro{"NANOMDM_RETRO", "true"};
    EXPECT_TRUE(parse({"-ca=x"}).devices.retro);
    EXPECT_FALSE(parse({"-ca=x", "-retro=false"}).devices.retro);
}

TEST(Options, UnknownKeyInTheConfigurationFileIsAnError) {
    const TemporaryFile config{"listne = \":3\"\n"};
    EXPECT_THAT(complaint({"-config", config.path()}), HasSubstr("listne"));
    EXPECT_THAT(complaint({"-config", "/does/not/exist"}), HasSubstr("-config"));
}

TEST(Options, TheConfigurationFileIsToml) {
    const TemporaryFile config{
        "# comment\nca = 'x.pem'\napi = [\n  \"a#b\", \"quote\\\"d\",\n  \"\\u0041\"]\nworkers = 1_0\n"};
    const auto options = parse({"-config", config.path()});
    EXPECT_THAT(options.api.keys, ElementsAre("a#b", "quote\"d", "A"));
    EXPECT_EQ(options.http.workers, 10U);
    for (const auto* wrong :
         {"ca =\n", "ca = \"open\n", "ca = 1\nca = 2\n", "[table]\nca = \"x\"\n", "ca = 1.5\n"}) {
        const TemporaryFile bad{wrong};
        EXPECT_THAT(complaint({"-config", bad.path()}), HasSubstr("-config: ")) << wrong;
    }
}

TEST(Options, ADirectoryIsNoFile) {
    EXPECT_EQ(complaint({"-config", "/"}), "-config: cannot read /");
    EXPECT_THROW((void)read_file("ca", "/"), UsageError);
}

TEST(Options, KeysComeFromFlagsAndFile) {
    const TemporaryFile file{"first\r\n\nsecond\n"};
    EXPECT_THAT(api_keys({.keys = {"zero"}, .key_file = file.path()}),
                ElementsAre("zero", "first", "second"));
    EXPECT_THROW((void)api_keys({.keys = {}, .key_file = "/does/not/exist"}), UsageError);
}

TEST(Options, ASecretIsItsFileWithoutTheLineEnd) {
    const TemporaryFile file{"two words\t \r\n\n"};
    EXPECT_EQ(read_secret("some-file", file.path()), "two words\t ");
}

TEST(Options, AnEmptySecretIsRefused) {
    const TemporaryFile file{"\r\n"};
    const auto complaint_on = [&file](const char* what) -> std::string {
        try {
            return read_secret("some-file", file.path(), what);
        } catch (const UsageError& error) {
            return error.what();
        }
    };
    EXPECT_EQ(complaint_on("key"), std::string{"-some-file: no key in "} + file.path());
    EXPECT_EQ(complaint_on("DSN"), std::string{"-some-file: no DSN in "} + file.path());
}

TEST(Options, HelpListsEachFlagWithItsVariable) {
    const auto help = help_text();
    EXPECT_THAT(help, HasSubstr("-signature-skew VALUE"));
    EXPECT_THAT(help, HasSubstr("NANOMDM_SIGNATURE_SKEW (not set), default 5m"));
    const Variable listen{"NANOMDM_LISTEN", ":2"};
    EXPECT_THAT(help_text(), HasSubstr("NANOMDM_LISTEN (set), default :9000"));
}

} // namespace
} // namespace nanomdm::app
