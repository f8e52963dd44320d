#pragma once
// Numbers as Prometheus reads them: its text format 0.0.4, and the histogram it knows.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hotreload/base/clock.h"

namespace tgstats {

inline constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

// How many observations were at most so long, for bounds from 1 ms to 1 min.
class Histogram {
public:
    static constexpr std::array<double, 15> bounds_s{
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

    void observe(double seconds);
    [[nodiscard]] std::int64_t below(std::size_t bound) const { return below_[bound]; }
    [[nodiscard]] std::int64_t count() const { return count_; }
    [[nodiscard]] double sum() const { return sum_; }

private:
    std::array<std::int64_t, bounds_s.size()> below_{};  // each includes those before it
    std::int64_t count_ = 0;
    double sum_ = 0;
};

class MetricsText {
public:
    using Labels = std::vector<std::pair<std::string_view, std::string>>;

    // What follows belongs to this family. `type` is counter, gauge or histogram.
    void family(std::string name, std::string_view type, std::string_view help);
    void sample(const Labels& labels, double value);
    void histogram(const Labels& labels, const Histogram& histogram);
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    void line(std::string_view suffix, const Labels& labels, double value);

    std::string text_;
    std::string name_;
};

}  // namespace tgstats
