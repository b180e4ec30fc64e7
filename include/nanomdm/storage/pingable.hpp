// Whether the storage answers at all. Part of the storage interface.
#pragma once

namespace nanomdm {

/// What a load balancer's probe asks the storage for.
class Pingable {
public:
    virtual ~Pingable() = default;

    /// Returns when the backend would do its work now; changes nothing. Cheap, and apart from the other
    /// operations: one that waits its turn while the storage is busy does not make it fail. How long it takes
    /// with a backend that hangs is bounded by the backend at best: nobody who must answer may call it.
    /// @throws Error{Errc::unavailable} when it cannot be reached or cannot store anything.
    virtual void ping() = 0;
};

} // namespace nanomdm
