// Whether requests should be sent here.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace nanomdm::http {

/// Thread-safe; nothing here waits.
class Readiness {
public:
    /// What stands in the way, in a few words for anybody to read; nullopt: nothing. Must not wait.
    using Check = std::function<std::optional<std::string>()>;

    /// The server has come up; from now on `check` decides. It must outlive drain().
    void serve(Check check);
    /// The server is going away, for good.
    void drain();

    /// @return nullopt when ready.
    [[nodiscard]] std::optional<std::string> obstacle() const;

private:
    mutable std::mutex mutex_;
    std::string phase_ = "starting"; ///< empty: serving
    Check check_;
};

} // namespace nanomdm::http
