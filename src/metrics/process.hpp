// The standard metrics of a process: processor time, memory, file descriptors, start.
#pragma once

#include "metrics/exposition.hpp"

namespace nanomdm::metrics {

/// `process_*` as Prometheus' own client libraries name them; what /proc does not tell is left out.
/// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
void add_process(Exposition& exposition);

} // namespace nanomdm::metrics
