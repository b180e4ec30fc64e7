// A process that may not have as many threads as it wants.
#include "http/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <dlfcn.h>
#include <limits>
#include <pthread.h>
#include <system_error>

namespace {
std::atomic<int> threads_left{std::numeric_limits<int>::max()};
} // namespace

/// In front of the C library's: the system's own limits do not bind for root, or bind all other tests, too.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) noexcept {
    using Create = decltype(&pthread_create);
    static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
    if (threads_left.fetch_sub(1) <= 0) return EAGAIN;
    return create(thread, attributes, run, argument);
}

namespace nanomdm::http {
namespace {

TEST(ThreadLimit, APoolThatCannotHaveItsThreadsSaysSoAndEndsThoseItHas) {
    for (const int allowed : {0, 1, 3}) {
        threads_left = allowed;
        EXPECT_THROW(WorkerPool{WorkerPool::fixed(4)}, std::system_error) << allowed;
    }
    threads_left = std::numeric_limits<int>::max();
    WorkerPool pool{WorkerPool::fixed(4)};
    EXPECT_EQ(pool.threads(), 4U);
}

} // namespace
} // namespace nanomdm::http
