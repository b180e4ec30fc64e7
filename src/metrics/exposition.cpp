// The only file that knows prometheus-cpp: its families and its serializer. Counting is done without it.
#include "metrics/exposition.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cstddef>
#include <unordered_map>

namespace nanomdm::metrics {

using prometheus::ClientMetric;
using prometheus::MetricType;

struct Exposition::Families {
    ClientMetric& add(const std::string& name, const std::string& help, MetricType type, Labels labels) {
        const auto [place, is_new] = places.try_emplace(name, all.size());
        if (is_new) all.push_back({name, help, type, {}});
        auto& metric = all[place->second].metric.emplace_back();
        for (auto& [label, value] : labels) metric.label.push_back({label, std::move(value)});
        return metric;
    }

    std::vector<prometheus::MetricFamily> all;
    std::unordered_map<std::string, std::size_t> places;
};

Exposition::Exposition() : families_{std::make_unique<Families>()} {}
Exposition::~Exposition() = default;

void Exposition::counter(const std::string& name, const std::string& help, double value, Labels labels) {
    families_->add(name, help, MetricType::Counter, std::move(labels)).counter.value = value;
}

void Exposition::gauge(const std::string& name, const std::string& help, double value, Labels labels) {
    families_->add(name, help, MetricType::Gauge, std::move(labels)).gauge.value = value;
}

void Exposition::histogram(const std::string& name, const std::string& help, const Latency::Snapshot& latency,
                           Labels labels) {
    auto& histogram = families_->add(name, help, MetricType::Histogram, std::move(labels)).histogram;
    for (std::size_t i = 0; i < Latency::bounds.size(); ++i) {
        const std::chrono::duration<double> bound = Latency::bounds[i];
        histogram.bucket.push_back({latency.cumulative[i], bound.count()});
    }
    histogram.sample_count = latency.cumulative.back(); // the serializer makes the bucket +Inf of it
    histogram.sample_sum = latency.seconds;
}

std::string Exposition::text() const {
    const prometheus::TextSerializer serializer;
    return static_cast<const prometheus::Serializer&>(serializer).Serialize(families_->all);
}

} // namespace nanomdm::metrics
