// The text that Prometheus scrapes, put together at each scrape from what the layers have counted.
#pragma once

#include "metrics/counter.hpp"
#include "metrics/latency.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanomdm::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// One scrape. Samples of one name must have one type; they come together in the text in whatever order they
/// are added. Names are in Prometheus' conventions: base units, counters end in `_total`.
/// https://prometheus.io/docs/practices/naming/
class Exposition {
public:
    Exposition();
    ~Exposition();
    Exposition(const Exposition&) = delete;
    Exposition& operator=(const Exposition&) = delete;

    void counter(const std::string& name, const std::string& help, double value, Labels labels = {});
    void counter(const std::string& name, const std::string& help, const Counter& value, Labels labels = {}) {
        counter(name, help, static_cast<double>(value.value()), std::move(labels));
    }
    void gauge(const std::string& name, const std::string& help, double value, Labels labels = {});
    /// In seconds.
    void histogram(const std::string& name, const std::string& help, const Latency::Snapshot& latency,
                   Labels labels = {});

    /// Text format 0.0.4. https://prometheus.io/docs/instrumenting/exposition_formats/
    [[nodiscard]] std::string text() const;
    /// The Content-Type that goes with it.
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

/// Adds what one part of the server has counted. Called by any thread, and must not wait for anybody.
using Source = std::function<void(Exposition&)>;

} // namespace nanomdm::metrics
