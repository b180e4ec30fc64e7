// What a mapped file is, beyond its bytes: locked, bounded in memory, and never a silent death.
#include "migrate/bolt/mapped_file.hpp"
#include "nanomdm/error.hpp"
#include "samples.hpp"
#include "support/process/temp_dir.hpp"

#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nanomdm::migrate::bolt {
namespace {

using namespace test;

class MappedFiles : public testing::Test {
protected:
    void expect_refused(Errc code, const std::string& text) const {
        try {
            const MappedFile file{path_};
            ADD_FAILURE() << "taken, and not: " << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), code);
            EXPECT_NE(std::string{error.what()}.find(text), std::string::npos) << error.what();
            EXPECT_NE(std::string{error.what()}.find(path_.string()), std::string::npos) << error.what();
        }
    }

    TempDir folder_;
    const std::filesystem::path path_ = folder_ / "micromdm.db";
};

TEST_F(MappedFiles, WhatIsNoFileIsRefused) {
    expect_refused(Errc::unavailable, "cannot be opened: No such file");
    std::filesystem::create_directory(path_);
    expect_refused(Errc::unavailable, "is not a regular file");
    std::filesystem::remove(path_);
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    expect_refused(Errc::unavailable, "is not a regular file");
}

TEST_F(MappedFiles, AnEmptyFileIsRefused) {
    folder_.write("micromdm.db", "");
    expect_refused(Errc::corrupt, "is empty");
}

TEST_F(MappedFiles, AFileThatAWriterHasOpenIsRefusedAtOnce) {
    folder_.write("micromdm.db", "content");
    const int writer = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(::flock(writer, LOCK_EX | LOCK_NB), 0);
    expect_refused(Errc::unavailable, "stop MicroMDM first");
    ::close(writer);
    EXPECT_EQ(MappedFile{path_}.bytes(0, 7), "content");
}

TEST_F(MappedFiles, AWriterCannotOpenWhatIsBeingReadAndOtherReadersCan) {
    folder_.write("micromdm.db", "content");
    const int writer = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    {
        const MappedFile file{path_};
        const MappedFile another{path_};
        EXPECT_NE(::flock(writer, LOCK_EX | LOCK_NB), 0);
    }
    EXPECT_EQ(::flock(writer, LOCK_EX | LOCK_NB), 0);
    ::close(writer);
}

TEST_F(MappedFiles, OneCutShortMeanwhileEndsTheProcessWithAMessage) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    write_sample(path_);
    EXPECT_EXIT(
        {
            const MappedFile file{path_};
            if (::truncate(path_.c_str(), 0) != 0) ::_exit(3);
            volatile char seen = file.bytes(file.size() - 1, 1)[0];
            static_cast<void>(seen);
        },
        testing::ExitedWithCode(EXIT_FAILURE), "was cut short");
}

std::uint64_t resident_file_kib() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("RssFile:", 0) == 0) return std::stoull(line.substr(8));
    }
    return 0;
}

TEST_F(MappedFiles, ALargeOneIsNeverAsAWholeInMemory) {
    constexpr auto values = 192;
    {
        BoltWriter file{path_};
        auto& bucket = file.bucket("bucket");
        const std::string value(1024 * 1024, 'x');
        for (int i = 1000; i < 1000 + values; ++i) bucket.put(std::to_string(i), value);
        file.finish();
    }
    const auto before = resident_file_kib();
    const Database database{path_};
    std::uint64_t most = 0;
    std::size_t seen = 0;
    const auto look_at = [&](std::string_view value) {
        for (std::size_t i = 0; i < value.size(); i += 4096) seen += value[i] == 'x';
        most = std::max(most, resident_file_kib());
    };
    const auto bucket = database.bucket("bucket").value();
    std::vector<std::string_view> put_by;
    for (const auto& entry : bucket) {
        look_at(entry.value);
        put_by.push_back(entry.value);
    }
    for (const auto value : put_by) look_at(bucket.again(value));
    EXPECT_EQ(seen, 2 * values * 256U);
    EXPECT_GT(most, before + 16 * 1024);
    EXPECT_LT(most, before + 64 * 1024);
}

} // namespace
} // namespace nanomdm::migrate::bolt
