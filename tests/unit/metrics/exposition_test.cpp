// The text that comes out is Prometheus' format and says what went in.
#include "metrics/exposition.hpp"

#include "support/metrics_text.hpp"

#include <gtest/gtest.h>

namespace nanomdm::metrics {
namespace {

using test::MetricsText;
using namespace std::chrono_literals;

TEST(Exposition, ASampleForEveryValueUnderItsFamily) {
    Exposition exposition;
    Counter counter;
    counter.add(3);
    exposition.counter("things_total", "Things.", counter, {{"kind", "a"}});
    exposition.gauge("heat_celsius", "Heat.", -1.5);
    exposition.counter("things_total", "Things.", 1e15, {{"kind", "b"}});
    const MetricsText text{exposition.text()};
    EXPECT_EQ(text.value("things_total{kind=\"a\"}"), 3);
    EXPECT_EQ(text.value("things_total{kind=\"b\"}"), 1e15);
    EXPECT_EQ(text.value("heat_celsius"), -1.5);
    EXPECT_EQ(text.type("things_total"), "counter");
    EXPECT_EQ(text.type("heat_celsius"), "gauge");
    EXPECT_EQ(text.samples().size(), 3U);
}

TEST(Exposition, HistogramsAreCumulativeAndInSeconds) {
    Latency latency;
    latency.observe(100us);
    latency.observe(30ms);
    latency.observe(1min);
    Exposition exposition;
    exposition.histogram("wait_seconds", "Wait.", latency.snapshot(), {{"of", "x"}});
    const MetricsText text{exposition.text()};
    EXPECT_EQ(text.type("wait_seconds"), "histogram");
    EXPECT_EQ(text.value("wait_seconds_bucket{of=\"x\",le=\"0.00025\"}"), 1);
    EXPECT_EQ(text.value("wait_seconds_bucket{of=\"x\",le=\"0.025\"}"), 1);
    EXPECT_EQ(text.value("wait_seconds_bucket{of=\"x\",le=\"0.05\"}"), 2);
    EXPECT_EQ(text.value("wait_seconds_bucket{of=\"x\",le=\"30\"}"), 2);
    EXPECT_EQ(text.value("wait_seconds_bucket{of=\"x\",le=\"+Inf\"}"), 3);
    EXPECT_EQ(text.value("wait_seconds_count{of=\"x\"}"), 3);
    EXPECT_NEAR(text.count("wait_seconds_sum{of=\"x\"}"), 60.0301, 1e-9);
}

TEST(Exposition, LabelsOfStrangersCannotForgeSamples) {
    Exposition exposition;
    exposition.gauge("g", "G.", 1, {{"topic", "a\"} 2\nforged 3\\"}});
    const MetricsText text{exposition.text()};
    EXPECT_EQ(text.samples().size(), 1U);
    EXPECT_FALSE(text.value("forged"));
}

TEST(Exposition, NothingIsAnEmptyText) { EXPECT_EQ(Exposition{}.text(), ""); }

} // namespace
} // namespace nanomdm::metrics
