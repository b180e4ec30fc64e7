// The log when memory runs out in the middle of a request.
#include "log/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

namespace {
thread_local bool no_memory = false;
} // namespace

void* operator new(std::size_t size) {
    void* const memory = no_memory ? nullptr : std::malloc(size != 0 ? size : 1);
    if (memory == nullptr) throw std::bad_alloc{};
    return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace nanomdm::log {
namespace {

using testing::HasSubstr;
using testing::Not;

static_assert(noexcept(write(Level::info, "", {})));

TEST(LogWithoutMemory, TheLineIsDroppedAndToldInEitherFormat) {
    const std::string long_message(1'000'000, 'm'); // more than any buffer kept from earlier lines
    for (const auto format : {Format::text, Format::json}) {
        testing::internal::CaptureStderr();
        configure(Level::error, format);
        no_memory = true;
        error(long_message);
        no_memory = false;
        error("afterwards");
        flush();
        const auto lines = testing::internal::GetCapturedStderr();
        EXPECT_THAT(lines, Not(HasSubstr("mmmm")));
        EXPECT_THAT(lines, HasSubstr("afterwards"));
        EXPECT_THAT(lines, HasSubstr(format == Format::json
                                         ? R"("level":"warning","msg":"log lines dropped","lines":"1"})"
                                         : "level=warning msg=\"log lines dropped\" lines=1\n"));
    }
}

} // namespace
} // namespace nanomdm::log
