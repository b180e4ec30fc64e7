// What the scenarios share.
#include "bench/scenario.hpp"

namespace nanomdm::bench {

Load::Schedule schedule(const Options& options, Observer& observer) {
    Load::Schedule result;
    result.warmup = std::chrono::duration<double>{options.warmup};
    result.counted = std::chrono::duration<double>{options.seconds};
    result.rate = options.rate;
    result.tick = [&observer](const LoadResult& load) { observer.tick(load); };
    result.cpu = [&observer] { return observer.cpu(); };
    return result;
}

} // namespace nanomdm::bench
