// Short ways to write XML property lists in tests.
#pragma once

#include "nanomdm/error.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace nanomdm::test {

/// `content` inside a plist element with Apple's header.
inline std::string xml(std::string_view content) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
           "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
           "<plist version=\"1.0\">\n" +
           std::string{content} + "\n</plist>\n";
}

inline std::string repeat(std::string_view text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

/// Fails the test unless `action` throws Error{Errc::invalid}.
inline void expect_invalid(const std::function<void()>& action, std::string_view what) {
    try {
        action();
        ADD_FAILURE() << "accepted: " << what.substr(0, 300);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid) << error.what() << " for " << what.substr(0, 300);
    }
}

} // namespace nanomdm::test
